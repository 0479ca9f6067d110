import type { IncomingHttpHeaders } from 'node:http';
import { currentContext } from '@glasshouse/telemetry';
import { kitErrors } from '../errors.js';
import type { Access, Caller } from '../http/routes.js';
import type { ServiceKeys } from './service-keys.js';
import type { TokenVerifier } from './token-verifier.js';

/** Who proved what. */
export interface Proof {
  /** Absent where no user is asked for and none came. */
  readonly caller: Caller | undefined;
  /** Empty where no service is asked for. */
  readonly callerService: string;
}

/**
 * Decides whether a request may go on.
 * @throws kitErrors.unauthenticated, invalidToken, invalidServiceKey, forbidden, keysUnavailable
 */
export type Guard = (access: Access, headers: IncomingHttpHeaders) => Promise<Proof>;

export const createGuard =
  (tokens: TokenVerifier, serviceKeys: ServiceKeys): Guard =>
  async (access, headers) => {
    if (access === 'anyone') return nobody;
    if (typeof access === 'object') {
      const callerService = serviceKeys.verify(headers['x-service-key'], access.services);
      // Where a user is behind an internal call the token travels too, and it has to hold here as well.
      const caller = headers.authorization === undefined ? undefined : await tokens.verify(headers.authorization);
      return { caller, callerService };
    }
    const caller = await tokens.verify(headers.authorization);
    if (access !== 'user' && !caller.roles.includes(access)) throw kitErrors.forbidden();
    return { caller, callerService: '' };
  };

const nobody: Proof = { caller: undefined, callerService: '' };

/** Puts who was verified into the request's context, so that logs name the user and onward calls carry the same token. */
export const rememberCaller = (tokens: TokenVerifier): TokenVerifier => ({
  verify: async (authorization) => noteCaller(await tokens.verify(authorization), authorization),
  recall: (authorization) => {
    const caller = tokens.recall(authorization);
    return caller && noteCaller(caller, authorization);
  },
});

const noteCaller = (caller: Caller, authorization: string | undefined): Caller => {
  const context = currentContext();
  if (context !== undefined) {
    context.userId = caller.sub;
    context.authorization = authorization;
  }
  return caller;
};
