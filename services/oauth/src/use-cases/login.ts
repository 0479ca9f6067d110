import {
  type ActiveCredential,
  firstPartyClientId,
  normaliseEmail,
  type RefreshFamily,
  refreshFamilyTtlMs,
  toDigest,
  toFirstRefreshToken,
  toUserScope,
  userTokenTtlS,
} from '../domain.js';
import { errors } from '../errors.js';
import type { Ports } from './ports.js';
import { createLoginThrottle } from './throttle.js';

export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds that the access token is good for. */
  readonly expiresIn: number;
  readonly scope: readonly string[];
}

export const createLogin = (ports: Ports) => {
  const { credentials, families, passwords, accessTokens, probe, clock, randomBytes } = ports;
  const throttle = createLoginThrottle(ports);

  const startFamily = async (credential: ActiveCredential): Promise<TokenPair> => {
    const now = clock.now();
    const id = randomBytes(16).toString('base64url');
    const refreshToken = toFirstRefreshToken(id, randomBytes(32));
    const scope = toUserScope(credential.roles);
    const family: RefreshFamily = {
      id,
      sub: credential.id,
      clientId: firstPartyClientId,
      scope,
      secret: randomBytes(32).toString('base64url'),
      currentHash: toDigest(refreshToken),
      createdAt: now,
      expiresAt: new Date(now.getTime() + refreshFamilyTtlMs),
    };
    await families.insert(family);
    const claims = { sub: credential.id, clientId: firstPartyClientId, scope, roles: credential.roles };
    return { accessToken: accessTokens.issue(claims, userTokenTtlS), refreshToken, expiresIn: userTokenTtlS, scope };
  };

  return {
    /**
     * Answers an unknown e-mail address and a wrong password alike: the same work, the same error.
     * @throws errors.invalidCredentials, errors.loginThrottled, overloaded
     */
    async login(request: { email: string; password: string; address: string }): Promise<TokenPair> {
      const attempt = await throttle.admit(request.email, request.address);
      const credential = await credentials.findByEmail(normaliseEmail(request.email));
      const isRight = await passwords.verify(credential?.passwordHash, request.password);
      if (credential === undefined || !isRight) {
        await attempt.failed();
        probe.loginFailed(credential?.id);
        throw errors.invalidCredentials();
      }
      await attempt.succeeded();
      const pair = await startFamily(credential);
      probe.loginSucceeded(credential.id);
      return pair;
    },
  };
};
