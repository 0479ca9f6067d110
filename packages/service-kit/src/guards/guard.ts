import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from '@glasshouse/telemetry';
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
 * Decides whether a request may go on. Who it is goes into the context, so that logs name the user and onward calls
 * carry the same token.
 * @throws kitErrors.unauthenticated, invalidToken, invalidServiceKey, forbidden
 */
export type Guard = (access: Access, headers: IncomingHttpHeaders, context: Context) => Promise<Proof> | Proof;

export const createGuard = (tokens: TokenVerifier, serviceKeys: ServiceKeys): Guard => {
  const identify = async (headers: IncomingHttpHeaders, context: Context): Promise<Caller> => {
    const caller = await tokens.verify(headers.authorization);
    context.userId = caller.sub;
    context.authorization = headers.authorization;
    return caller;
  };
  return async (access, headers, context) => {
    if (access === 'anyone') return nobody;
    if (typeof access === 'object') {
      const callerService = serviceKeys.verify(headers['x-service-key'], access.services);
      // Where a user is behind an internal call the token travels too, and it has to hold here as well.
      const caller = headers.authorization === undefined ? undefined : await identify(headers, context);
      return { caller, callerService };
    }
    const caller = await identify(headers, context);
    if (access !== 'user' && !caller.roles.includes(access)) throw kitErrors.forbidden();
    return { caller, callerService: '' };
  };
};

const nobody: Proof = { caller: undefined, callerService: '' };
