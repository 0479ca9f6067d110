import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import jwt from 'jsonwebtoken';
import { listen } from './listen.js';

export interface TokenOptions {
  sub?: string | undefined;
  roles?: readonly string[] | undefined;
  scope?: string | undefined;
  clientId?: string | undefined;
  /** Seconds until the token expires; negative for one that already has. */
  expiresInS?: number | undefined;
}

export interface Issuer {
  readonly issuer: string;
  readonly jwksUrl: string;
  token(options?: TokenOptions): string;
  stop(): Promise<void>;
}

/** A token issuer with a real key: it serves a JWKS (RFC 7517) and signs access tokens as RFC 9068 describes them. */
export const startIssuer = async (): Promise<Issuer> => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyid = randomUUID();
  const jwks = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyid, use: 'sig', alg: 'RS256' }],
  });
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(jwks);
  });
  const { url, close } = await listen(server);
  return {
    issuer: url,
    jwksUrl: `${url}/.well-known/jwks.json`,
    token({ sub = randomUUID(), roles = ['customer'], scope = '', clientId = 'test', expiresInS = 300 } = {}) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const claims = { client_id: clientId, scope, roles, iat: issuedAt, exp: issuedAt + expiresInS };
      return jwt.sign(claims, privateKey, {
        algorithm: 'RS256',
        keyid,
        issuer: url,
        audience: 'glasshouse',
        subject: sub,
        jwtid: randomUUID(),
        header: { alg: 'RS256', typ: 'at+jwt' },
      });
    },
    stop: close,
  };
};
