import { defineError, type ErrorFactory, type ErrorSpec } from '@glasshouse/service-kit';

/** An error whose code is the `error` of RFC 6749 (section 5.2) or RFC 7009 (section 2.2.1) too. */
const defineOAuthError = (spec: ErrorSpec): ErrorFactory => {
  const make = defineError(spec);
  return Object.assign((options = {}) => make({ oauthError: spec.code, ...options }), { spec: make.spec });
};

export const errors = {
  invalidCredentials: defineError({
    kind: 'unauthenticated',
    code: 'invalid_credentials',
    message: 'The e-mail address or the password is wrong.',
  }),
  loginThrottled: defineError({
    kind: 'rate_limited',
    code: 'login_throttled',
    message: 'Too many failed logins; wait before the next one.',
  }),
  emailTaken: defineError({ kind: 'conflict', code: 'email_taken', message: 'This e-mail address is taken.' }),
  credentialConflict: defineError({
    kind: 'conflict',
    code: 'credential_conflict',
    message: 'This id has a login with another e-mail address or password.',
  }),
  credentialRemoved: defineError({ kind: 'conflict', code: 'credential_removed', message: 'This login was removed.' }),
  rotationTooEarly: defineError({
    kind: 'conflict',
    code: 'rotation_too_early',
    message: 'Tokens signed with the previous key are still valid.',
  }),
  invalidClient: defineOAuthError({
    kind: 'unauthenticated',
    code: 'invalid_client',
    message: 'Unknown client or secret.',
  }),
  invalidGrant: defineOAuthError({
    kind: 'invalid',
    code: 'invalid_grant',
    message: 'The refresh token is invalid, expired, revoked or was issued to another client.',
  }),
  unsupportedGrantType: defineOAuthError({
    kind: 'invalid',
    code: 'unsupported_grant_type',
    message: 'Use refresh_token or client_credentials.',
  }),
  invalidScope: defineOAuthError({
    kind: 'invalid',
    code: 'invalid_scope',
    message: 'More was asked for than was granted.',
  }),
  unsupportedTokenType: defineOAuthError({
    kind: 'invalid',
    code: 'unsupported_token_type',
    message: 'Access tokens cannot be revoked; they expire within minutes.',
  }),
};
