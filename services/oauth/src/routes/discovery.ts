import { defineRoute, type Links, ok, type Route } from '@glasshouse/service-kit';
import { z } from 'zod';
import type { SigningKey, UseCases } from '../use-cases/index.js';

/** So long may a verifier keep the keys; `next` is published at least a rotation's distance before it signs. */
const cacheable = { 'cache-control': 'public, max-age=60' };

const jwk = z.object({
  kty: z.literal('RSA'),
  use: z.literal('sig'),
  alg: z.literal('RS256'),
  kid: z.string(),
  n: z.string(),
  e: z.string(),
});
const metadata = z.object({
  issuer: z.string(),
  token_endpoint: z.string(),
  revocation_endpoint: z.string(),
  introspection_endpoint: z.string(),
  jwks_uri: z.string(),
  service_documentation: z.string(),
  grant_types_supported: z.array(z.string()),
  response_types_supported: z.array(z.string()),
  scopes_supported: z.array(z.string()),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  revocation_endpoint_auth_methods_supported: z.array(z.string()),
  introspection_endpoint_auth_methods_supported: z.array(z.string()),
});

const toJwk = ({ kid, publicKey }: SigningKey): Record<string, unknown> => ({
  ...publicKey.export({ format: 'jwk' }),
  kid,
  use: 'sig',
  alg: 'RS256',
});

const toMetadata = (links: Links, issuer: string): z.infer<typeof metadata> => {
  const withSecret = ['client_secret_basic', 'client_secret_post'];
  return {
    issuer,
    token_endpoint: links('/oauth/token'),
    revocation_endpoint: links('/oauth/revoke'),
    introspection_endpoint: links('/oauth/introspect'),
    jwks_uri: links('/.well-known/jwks.json'),
    service_documentation: links('/docs'),
    grant_types_supported: ['refresh_token', 'client_credentials'],
    // There is no authorization endpoint, so there is no response type.
    response_types_supported: [],
    scopes_supported: ['shop', 'shop:read', 'admin'],
    token_endpoint_auth_methods_supported: [...withSecret, 'none'],
    revocation_endpoint_auth_methods_supported: [...withSecret, 'none'],
    introspection_endpoint_auth_methods_supported: withSecret,
  };
};

export const createDiscoveryRoutes = (useCases: UseCases, links: Links, issuer: string): Route[] => [
  defineRoute({
    method: 'get',
    path: '/.well-known/jwks.json',
    access: 'anyone',
    tag: 'oauth',
    summary: 'The public keys that verify access tokens',
    description: 'RFC 7517: the key that signs, the next one, and the one before.',
    answers: { 200: { description: 'A JWK set.', body: z.object({ keys: z.array(jwk) }) } },
    handler: () => {
      const { current, next, previous } = useCases.ring();
      return ok({ keys: [current, next, ...(previous === undefined ? [] : [previous])].map(toJwk) }, cacheable);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/.well-known/oauth-authorization-server',
    access: 'anyone',
    tag: 'oauth',
    summary: 'What this authorization server can do',
    description: 'RFC 8414.',
    answers: { 200: { description: 'The metadata.', body: metadata } },
    handler: () => ok(toMetadata(links, issuer), cacheable),
  }),
];
