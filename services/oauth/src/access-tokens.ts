import type { Clock } from '@glasshouse/service-kit';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { AccessTokens, SigningKeys, VerifiedToken } from './use-cases/ports.js';

const audience = 'glasshouse';
const tokenPattern = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const maxTokenLength = 8 * 1024;

const claimsSchema = z.object({
  sub: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  client_id: z.string(),
  scope: z.string(),
  roles: z.array(z.enum(['customer', 'admin'])),
});

export interface AccessTokensOptions {
  readonly signingKeys: Pick<SigningKeys, 'ring'>;
  readonly issuer: string;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** Access tokens of RFC 9068, signed with RS256, which is the fastest to verify: every request verifies. */
export const createAccessTokens = ({ signingKeys, issuer, clock, newId }: AccessTokensOptions): AccessTokens => {
  const nowS = (): number => Math.floor(clock.now().getTime() / 1000);
  return {
    issue({ sub, clientId, scope, roles }, ttlS) {
      const { kid, privateKey } = signingKeys.ring().current;
      const iat = nowS();
      const claims = { iss: issuer, sub, aud: audience, iat, exp: iat + ttlS, jti: newId() };
      return jwt.sign({ ...claims, client_id: clientId, scope: scope.join(' '), roles }, privateKey, {
        algorithm: 'RS256',
        keyid: kid,
        header: { alg: 'RS256', typ: 'at+jwt' },
      });
    },

    verify(token) {
      if (token.length > maxTokenLength || !tokenPattern.test(token)) return undefined;
      try {
        const { header } = jwt.decode(token, { complete: true }) ?? {};
        const key = findKey(signingKeys, header?.kid);
        if (key === undefined || header?.typ !== 'at+jwt' || 'crit' in header) return undefined;
        const options = { algorithms: ['RS256' as const], issuer, audience, clockTimestamp: nowS() };
        return toVerified(jwt.verify(token, key, options));
      } catch {
        return undefined;
      }
    },
  };
};

const findKey = (signingKeys: Pick<SigningKeys, 'ring'>, kid: string | undefined) => {
  const { next, current, previous } = signingKeys.ring();
  return [current, previous, next].find((key) => key?.kid === kid)?.publicKey;
};

const toVerified = (payload: unknown): VerifiedToken => {
  const { client_id, scope, ...claims } = claimsSchema.parse(payload);
  return { ...claims, clientId: client_id, scope: scope.split(' ').filter((each) => each !== '') };
};
