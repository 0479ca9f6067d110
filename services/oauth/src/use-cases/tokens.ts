import { kitErrors } from '@glasshouse/service-kit';
import {
  clientTokenTtlS,
  firstPartyClientId,
  isFamilyLive,
  judgeRefresh,
  narrowScope,
  parseFamilyId,
  type RefreshFamily,
  toDigest,
  toSuccessor,
  userTokenTtlS,
} from '../domain.js';
import { errors } from '../errors.js';
import { type ClientProof, createClientAuthentication } from './clients.js';
import type { TokenPair } from './login.js';
import type { Ports, VerifiedToken } from './ports.js';

export interface TokenRequest extends ClientProof {
  readonly grantType: string;
  readonly refreshToken?: string | undefined;
  readonly scope?: string | undefined;
}

export type GrantedTokens = Omit<TokenPair, 'refreshToken'> & { refreshToken?: string };

/** What introspection tells of a token (RFC 7662, section 2.2). */
export type Introspection =
  | { active: false }
  | { active: true; kind: 'access'; token: VerifiedToken }
  | { active: true; kind: 'refresh'; family: RefreshFamily };

interface Succession {
  readonly family: RefreshFamily;
  readonly successor: string;
  readonly scope: readonly string[];
  readonly verdict: 'rotate' | 'replay';
}

export const createTokens = (ports: Ports) => {
  const { credentials, families, accessTokens, probe, clock } = ports;
  const clients = createClientAuthentication(ports);

  const findFamily = async (token: string): Promise<RefreshFamily | undefined> => {
    const id = parseFamilyId(token);
    return id === undefined ? undefined : families.find(id);
  };

  const refuseGrant = (): never => {
    probe.refreshRefused();
    throw errors.invalidGrant();
  };

  /** Moves the family on, whoever wins: two requests with one token at once both get its one successor. */
  const succeed = async (presented: string, clientId: string, askedScope: string | undefined): Promise<Succession> => {
    const presentedHash = toDigest(presented);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const family = await findFamily(presented);
      if (family === undefined || family.clientId !== clientId) return refuseGrant();
      const now = clock.now();
      const verdict = judgeRefresh(family, presentedHash, now);
      if (verdict === 'refuse') return refuseGrant();
      if (verdict === 'reuse') return revokeReused(family, now);
      // A request that is refused for its scope must not use up the token.
      const scope = narrowScope(family.scope, askedScope);
      if (scope === undefined) throw errors.invalidScope();
      const successor = toSuccessor(family, presented);
      const step = { id: family.id, from: presentedHash, to: toDigest(successor), now };
      if (verdict === 'replay' || (await families.rotate(step))) return { family, successor, scope, verdict };
    }
    return refuseGrant();
  };

  const revokeReused = async (family: RefreshFamily, now: Date): Promise<never> => {
    if (!(await families.revoke(family.id, now))) return refuseGrant();
    probe.reuseDetected(family.sub);
    throw errors.invalidGrant();
  };

  const refresh = async (request: TokenRequest): Promise<GrantedTokens> => {
    const known = await clients.identify(request);
    if (request.refreshToken === undefined) {
      throw kitErrors.invalidRequest({ errors: [{ path: 'body.refresh_token', problem: 'is missing' }] });
    }
    const clientId = known?.client.id ?? firstPartyClientId;
    const { family, successor, scope, verdict } = await succeed(request.refreshToken, clientId, request.scope);
    const credential = await credentials.find(family.sub);
    if (credential?.state !== 'ACTIVE') return refuseGrant();
    probe.tokenRefreshed(family.sub, verdict);
    const claims = { sub: family.sub, clientId, scope, roles: credential.roles };
    const accessToken = accessTokens.issue(claims, userTokenTtlS);
    return { accessToken, refreshToken: successor, expiresIn: userTokenTtlS, scope };
  };

  const grantToClient = async (request: TokenRequest): Promise<GrantedTokens> => {
    const client = await clients.requireConfidential(request);
    const scope = narrowScope(client.scope, request.scope);
    if (scope === undefined) throw errors.invalidScope();
    const claims = { sub: client.id, clientId: client.id, scope, roles: [] };
    probe.clientTokenIssued(client.id);
    return { accessToken: accessTokens.issue(claims, clientTokenTtlS), expiresIn: clientTokenTtlS, scope };
  };

  return {
    /** The token endpoint (RFC 6749, sections 4.4 and 6). There is no password grant (RFC 9700, section 2.4). */
    async grant(request: TokenRequest): Promise<GrantedTokens> {
      if (request.grantType === 'refresh_token') return refresh(request);
      if (request.grantType === 'client_credentials') return grantToClient(request);
      throw errors.unsupportedGrantType();
    },

    /** RFC 7009. A token that is unknown or already dead is no error: it is revoked, which is what was asked for. */
    async revoke(request: ClientProof & { token: string }): Promise<void> {
      const { client } = await clients.requireAny(request);
      if (accessTokens.verify(request.token) !== undefined) throw errors.unsupportedTokenType();
      const family = await findFamily(request.token);
      if (family === undefined) return;
      if (family.clientId !== client.id) throw errors.invalidGrant();
      if (await families.revoke(family.id, clock.now())) probe.tokenRevoked(family.sub);
    },

    /** RFC 7662, for clients that authenticate. A dead token tells nothing but that it is dead. */
    async introspect(request: ClientProof & { token: string }): Promise<Introspection> {
      await clients.requireConfidential(request);
      const token = accessTokens.verify(request.token);
      if (token !== undefined) return { active: true, kind: 'access', token };
      const family = await findFamily(request.token);
      const isLive = family !== undefined && isFamilyLive(family, toDigest(request.token), clock.now());
      return isLive ? { active: true, kind: 'refresh', family } : { active: false };
    },
  };
};
