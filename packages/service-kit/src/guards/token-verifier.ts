import { hash, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { type AppError, kitErrors } from '../errors.js';
import type { Caller } from '../http/routes.js';
import type { KeySet } from './jwks.js';

/** Verifies access tokens as RFC 9068 describes them. */
export interface TokenVerifier {
  /**
   * @param authorization the value of the Authorization header
   * @throws kitErrors.unauthenticated if there is none, invalidToken if it does not hold, keysUnavailable
   */
  verify(authorization: string | undefined): Promise<Caller>;
  /**
   * Who is behind a token that was verified before and still holds: the answer to nearly every request, without a
   * promise. @returns undefined for any other header; `verify` says what is wrong with it
   */
  recall(authorization: string | undefined): Caller | undefined;
}

export interface TokenVerifierOptions {
  keys: KeySet;
  issuer: string;
  audience: string;
  clock: Clock;
}

const maxTokenLength = 8 * 1024;
const tokenPattern = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const clockToleranceSeconds = 30;
const maxCachedTokens = 10_000;

const claimsSchema = z.object({
  sub: z.string().min(1).max(200),
  exp: z.number(),
  client_id: z.string().min(1).max(200),
  scope: z.string().max(1_000).default(''),
  roles: z.array(z.string().max(50)).max(20).default([]),
});

/** A header is refused for what it could ask for: another algorithm, another type of token, an extension nobody here knows. */
const headerSchema = z.object({
  alg: z.literal('RS256'),
  typ: z.string().regex(/^(application\/)?at\+jwt$/i),
  kid: z.string().min(1).max(200),
  crit: z.undefined().optional(),
});

interface Verified {
  caller: Caller;
  /** Epoch milliseconds. */
  expiresAt: number;
}

/** Verified tokens are remembered by their digest until they expire: a look-up costs 2 us, a signature 40 and more. */
export const createTokenVerifier = ({ keys, issuer, audience, clock }: TokenVerifierOptions): TokenVerifier => {
  const verified = new Map<string, Verified>();

  const remember = (digest: string, entry: Verified): void => {
    if (verified.size >= maxCachedTokens) {
      const [oldest = ''] = verified.keys();
      verified.delete(oldest);
    }
    verified.set(digest, entry);
  };

  const check = (token: string, key: KeyObject): z.infer<typeof claimsSchema> => {
    try {
      const claims = jwt.verify(token, key, {
        algorithms: ['RS256'],
        issuer,
        audience,
        clockTolerance: clockToleranceSeconds,
        clockTimestamp: Math.floor(clock.now().getTime() / 1000),
      });
      return claimsSchema.parse(claims);
    } catch (cause) {
      throw refused(cause instanceof jwt.TokenExpiredError ? 'The access token has expired.' : undefined);
    }
  };

  const find = (digest: string): Caller | undefined => {
    const known = verified.get(digest);
    if (known === undefined || known.expiresAt > clock.now().getTime()) return known?.caller;
    verified.delete(digest);
    return undefined;
  };

  return {
    recall: (authorization) => (authorization === undefined ? undefined : find(toDigest(authorization))),
    verify: async (authorization) => {
      if (authorization === undefined) throw unauthenticated();
      const digest = toDigest(authorization);
      const known = find(digest);
      if (known !== undefined) return known;
      const token = toToken(authorization);
      const key = await keys.find(toKeyId(token));
      if (key === undefined) throw refused();
      const claims = check(token, key);
      const caller = toCaller(claims);
      remember(digest, { caller, expiresAt: claims.exp * 1000 });
      return caller;
    },
  };
};

const toDigest = (authorization: string): string => hash('sha256', authorization, 'base64');

const toToken = (authorization: string): string => {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization.slice(0, maxTokenLength + 100)) ?? [];
  if (token === undefined || token.length > maxTokenLength || !tokenPattern.test(token)) throw refused();
  return token;
};

const toKeyId = (token: string): string => {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8'));
    return headerSchema.parse(header).kid;
  } catch {
    throw refused();
  }
};

const toCaller = ({ sub, roles, client_id, scope }: z.infer<typeof claimsSchema>): Caller =>
  Object.freeze({ sub, roles: Object.freeze(roles), clientId: client_id, scope, isAdmin: roles.includes('admin') });

const unauthenticated = (): AppError =>
  kitErrors.unauthenticated({ headers: { 'www-authenticate': 'Bearer realm="glasshouse"' } });

/** RFC 6750 section 3.1. Which check failed is nobody's business but the expiry, which a client can do something about. */
const refused = (detail?: string): AppError =>
  kitErrors.invalidToken({
    detail,
    headers: { 'www-authenticate': 'Bearer realm="glasshouse", error="invalid_token"' },
  });
