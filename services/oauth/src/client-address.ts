import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { toAddressKey } from './domain.js';

/** Tells which client a request comes from. */
export type ClientAddressOf = (req: IncomingMessage) => string;

/** Without a gateway in front the connection itself says who it is. */
export const toSocketAddress: ClientAddressOf = (req) => toAddressKey(req.socket.remoteAddress);

const keysSchema = z.object({ callers: z.record(z.string(), z.array(z.string().regex(/^[0-9a-f]{64}$/))) });

/**
 * Behind the gateway every connection is the gateway's own, so it says in `x-client-address` whose request it is.
 * Only the gateway is believed, by its service key; anybody else could hide in other people's addresses.
 * @param keysFile the service keys file, read once; empty: nobody is believed
 */
export const createClientAddress = (keysFile: string): ClientAddressOf => {
  if (keysFile === '') return toSocketAddress;
  const { callers } = keysSchema.parse(JSON.parse(readFileSync(keysFile, 'utf8')));
  const digests = (callers.gateway ?? []).map((hex) => Buffer.from(hex, 'hex'));
  const isGateway = (key: string | string[] | undefined): boolean => {
    const secret = typeof key === 'string' ? /^gateway\.(.+)$/.exec(key)?.[1] : undefined;
    if (secret === undefined) return false;
    const digest = createHash('sha256').update(secret).digest();
    return digests.some((each) => timingSafeEqual(each, digest));
  };
  return (req) => {
    const told = req.headers['x-client-address'];
    const isTold = typeof told === 'string' && isGateway(req.headers['x-service-key']);
    return isTold ? toAddressKey(told) : toSocketAddress(req);
  };
};
