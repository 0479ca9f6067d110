import type { IncomingMessage } from 'node:http';
import type { Kit } from '@glasshouse/service-kit';
import { toAddressKey } from './domain.js';

/** Tells which client a request comes from. */
export type ClientAddressOf = (req: IncomingMessage) => string;

/** Without a gateway in front the connection itself says who it is. */
export const toSocketAddress: ClientAddressOf = (req) => toAddressKey(req.socket.remoteAddress);

/**
 * Behind the gateway every connection is the gateway's own, so it says in `x-client-address` whose request it is.
 * Only the gateway is believed, by its service key; anybody else could hide in other people's addresses.
 */
export const createClientAddress = (serviceKeys: Kit['serviceKeys']): ClientAddressOf => {
  const isGateway = (key: string | string[] | undefined): boolean => {
    try {
      return serviceKeys.verify(key, ['gateway']) === 'gateway';
    } catch {
      return false;
    }
  };
  return (req) => {
    const told = req.headers['x-client-address'];
    const isTold = typeof told === 'string' && isGateway(req.headers['x-service-key']);
    return isTold ? toAddressKey(told) : toSocketAddress(req);
  };
};
