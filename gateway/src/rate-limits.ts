import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { type Caller, type Counters, kitErrors } from '@glasshouse/service-kit';

export interface RateLimits {
  /**
   * Counts a request and answers with the headers of draft-ietf-httpapi-ratelimit-headers-08.
   * @param caller undefined: the limit of the address applies
   * @returns a promise only where other gateways' counts are asked for
   * @throws kitErrors.rateLimited
   */
  take(req: IncomingMessage, res: ServerResponse, caller: Caller | undefined): Promise<void> | undefined;
}

export interface RateLimitOptions {
  /** Shared by all gateways where there is a cluster cache, this process's own where there is none. */
  readonly counters: Counters;
  /** Requests per second. */
  readonly clientRate: number;
  readonly anonymousRate: number;
}

/** Counting over two seconds lets a burst of twice the rate through, and holds the rate over any longer time. */
const windowS = 2;

interface Limit {
  readonly name: string;
  readonly quota: number;
  /** The header `RateLimit-Policy`. */
  readonly policy: string;
}

const toLimit = (name: string, rate: number): Limit => ({
  name,
  quota: rate * windowS,
  policy: `"${name}"; q=${rate * windowS}; w=${windowS}`,
});

export const createRateLimits = ({ counters, clientRate, anonymousRate }: RateLimitOptions): RateLimits => {
  const ofClient = toLimit('client', clientRate);
  const ofAddress = toLimit('address', anonymousRate);
  const settle = (res: ServerResponse, { name, quota, policy }: Limit, count: number): undefined => {
    res.setHeader('ratelimit-policy', policy);
    // A window begins with its first request, so `t` is the longest that the rest of it can take.
    res.setHeader('ratelimit', `"${name}"; r=${Math.max(0, quota - count)}; t=${windowS}`);
    if (count > quota) throw kitErrors.rateLimited({ retryAfterSeconds: windowS });
  };
  return {
    take(req, res, caller) {
      const limit = caller === undefined ? ofAddress : ofClient;
      // A person is one client however many tokens she has; an API client is itself.
      const key =
        caller === undefined ? `address ${toNetwork(req.socket.remoteAddress ?? '')}` : `client ${caller.sub}`;
      const count = counters.increment(key, windowS * 1_000);
      return typeof count === 'number' ? settle(res, limit, count) : count.then((total) => settle(res, limit, total));
    },
  };
};

/** Who has an IPv6 address has a whole /56 of them (RIPE-690), so that network is counted; an IPv4 address is itself. */
export const toNetwork = (address: string): string => {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  const [a, b, c, d] = [...first, ...zeros, ...last].map((group) => Number.parseInt(group, 16));
  return [a, b, c, (d ?? 0) & 0xff00].map((group = 0) => group.toString(16)).join(':');
};
