import { defineRoute, ok, type Route } from '@glasshouse/service-kit';
import { z } from 'zod';
import { errors } from '../errors.js';
import type { Introspection, UseCases } from '../use-cases/index.js';
import { noStore } from './no-store.js';

/** A parameter without a value counts as absent (RFC 6749, section 3.2). */
const parameter = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .transform((value) => (value === '' ? undefined : value))
    .optional();

const clientParameters = {
  client_id: parameter(128).meta({ description: 'With `client_secret`, instead of HTTP Basic.' }),
  client_secret: parameter(256),
};
const basicHeader = z.object({
  authorization: z.string().max(1024).optional().meta({ description: '`Basic` with id and secret of the client.' }),
});

// The bodies are no strict objects: parameters that are not recognised must be ignored (RFC 6749, section 3.2).
const tokenBody = z.object({
  grant_type: z
    .string()
    .min(1)
    .max(128)
    .meta({ examples: ['refresh_token', 'client_credentials'] }),
  refresh_token: parameter(512),
  scope: parameter(512).meta({
    description: 'Less than what was granted; absent: all of it.',
    examples: ['shop:read'],
  }),
  ...clientParameters,
});
const presentedToken = z.object({
  token: z.string().min(1).max(8192),
  token_type_hint: parameter(64).meta({ description: 'Not needed; a token shows what it is.' }),
  ...clientParameters,
});

const tokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z
    .int()
    .positive()
    .meta({ examples: [300] }),
  refresh_token: z.string().optional(),
  scope: z.string().meta({ examples: ['shop'] }),
});
const introspectionAnswer = z.object({
  active: z.boolean(),
  token_type: z.enum(['access_token', 'refresh_token']).optional(),
  iss: z.string().optional(),
  sub: z.string().optional(),
  aud: z.string().optional(),
  exp: z.int().positive().optional(),
  iat: z.int().positive().optional(),
  jti: z.string().optional(),
  client_id: z.string().optional(),
  scope: z.string().optional(),
  roles: z.array(z.string()).optional(),
});

interface ClientFields {
  client_id?: string | undefined;
  client_secret?: string | undefined;
}

const toProof = (body: ClientFields, headers: { authorization?: string | undefined }) => ({
  authorization: headers.authorization,
  clientId: body.client_id,
  clientSecret: body.client_secret,
});

const toSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

const toIntrospectionBody = (found: Introspection, issuer: string): z.infer<typeof introspectionAnswer> => {
  if (!found.active) return { active: false };
  if (found.kind === 'access') {
    const { clientId, scope, roles, ...claims } = found.token;
    const standing = { active: true, token_type: 'access_token' as const, iss: issuer, aud: 'glasshouse' };
    return { ...standing, ...claims, client_id: clientId, scope: scope.join(' '), roles: [...roles] };
  }
  const { sub, clientId, scope, createdAt, expiresAt } = found.family;
  const times = { iat: toSeconds(createdAt), exp: toSeconds(expiresAt) };
  const standing = { active: true, token_type: 'refresh_token' as const, iss: issuer };
  return { ...standing, sub, client_id: clientId, scope: scope.join(' '), ...times };
};

export const createOAuthRoutes = (useCases: UseCases, issuer: string): Route[] => [
  defineRoute({
    method: 'post',
    path: '/oauth/token',
    access: 'anyone',
    tag: 'oauth',
    summary: 'Exchange a refresh token, or get a token for an API client',
    description:
      'RFC 6749. Refresh tokens of the shop itself need no client authentication. Each is good for one exchange; the same one again within ten seconds has the same answer, later it ends the login. There is no password grant.',
    headers: basicHeader,
    body: tokenBody,
    bodyType: 'form',
    answers: { 200: { description: 'Tokens (RFC 6749, section 5.1).', body: tokenAnswer } },
    errors: [errors.invalidClient, errors.invalidGrant, errors.invalidScope, errors.unsupportedGrantType],
    errorFormat: 'oauth',
    handler: async ({ body, headers }) => {
      const { grant_type: grantType, refresh_token: refreshToken, scope } = body;
      const granted = await useCases.grant({ grantType, refreshToken, scope, ...toProof(body, headers) });
      const refresh = granted.refreshToken === undefined ? {} : { refresh_token: granted.refreshToken };
      const answer = { access_token: granted.accessToken, token_type: 'Bearer', expires_in: granted.expiresIn };
      return ok({ ...answer, ...refresh, scope: granted.scope.join(' ') }, noStore);
    },
  }),
  defineRoute({
    method: 'post',
    path: '/oauth/revoke',
    access: 'anyone',
    tag: 'oauth',
    summary: 'End a login by its refresh token',
    description:
      'RFC 7009. A client proves itself; the shop itself only says `client_id=glasshouse-shop`. A token that is unknown or dead already has the same answer.',
    headers: basicHeader,
    body: presentedToken,
    bodyType: 'form',
    answers: { 200: { description: 'The token is good for nothing now.' } },
    errors: [errors.invalidClient, errors.invalidGrant, errors.unsupportedTokenType],
    errorFormat: 'oauth',
    handler: async ({ body, headers }) => {
      await useCases.revoke({ token: body.token, ...toProof(body, headers) });
      return { status: 200, headers: noStore };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/oauth/introspect',
    access: 'anyone',
    tag: 'oauth',
    summary: 'Ask whether a token is good, and for what',
    description: 'RFC 7662, for API clients that prove themselves.',
    headers: basicHeader,
    body: presentedToken,
    bodyType: 'form',
    answers: { 200: { description: 'What the token says, or only that it is not active.', body: introspectionAnswer } },
    errors: [errors.invalidClient],
    errorFormat: 'oauth',
    handler: async ({ body, headers }) => {
      const found = await useCases.introspect({ token: body.token, ...toProof(body, headers) });
      return ok(toIntrospectionBody(found, issuer), noStore);
    },
  }),
];
