import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, type Counters, kitErrors } from '@glasshouse/service-kit';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';

export interface RateLimits {
  /**
   * Counts a request and answers with the RateLimit headers of draft-ietf-httpapi-ratelimit-headers.
   * @param caller undefined: the limit of the address applies
   * @throws kitErrors.rateLimited
   */
  take(req: IncomingMessage, res: ServerResponse, caller: Caller | undefined): Promise<void>;
}

export interface RateLimitOptions {
  readonly counters: Counters;
  /** Requests per second. */
  readonly clientRate: number;
  readonly anonymousRate: number;
  readonly nowMs: () => number;
}

/** Counting over two seconds lets a burst of twice the rate through, and holds the rate over any longer time. */
const windowMs = 2_000;

interface Counted extends IncomingMessage {
  caller?: Caller | undefined;
}

export const createRateLimits = ({ counters, clientRate, anonymousRate, nowMs }: RateLimitOptions): RateLimits => {
  const limiter = rateLimit({
    windowMs,
    limit: (req) => (windowMs / 1000) * ((req as Counted).caller === undefined ? anonymousRate : clientRate),
    keyGenerator: (req) => toKey(req as Counted),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    store: createStore(counters, nowMs),
    handler: (_req, _res, next) => next(kitErrors.rateLimited({ retryAfterSeconds: Math.ceil(windowMs / 1000) })),
    // The address comes from the socket alone; the forwarding headers that these checks look for are never read.
    validate: false,
  });
  return {
    take(req, res, caller) {
      (req as Counted).caller = caller;
      return new Promise((resolve, reject) => {
        void limiter(req as never, res as never, (error?: unknown) =>
          error === undefined ? resolve() : reject(error),
        );
      });
    },
  };
};

/** A person is one client however many tokens she has; an API client is itself. */
const toKey = ({ caller, socket }: Counted): string => {
  if (caller !== undefined) return `client ${caller.sub}`;
  return `address ${ipKeyGenerator(socket.remoteAddress ?? '')}`;
};

/** Counters are shared by all gateways where there is a cluster cache, and this process's own where there is none. */
const createStore = (counters: Counters, nowMs: () => number): Store => ({
  async increment(key) {
    const totalHits = await counters.increment(key, windowMs);
    return { totalHits, resetTime: new Date((Math.floor(nowMs() / windowMs) + 1) * windowMs) };
  },
  // Every request counts, whatever it is answered with, so nothing is ever taken back.
  decrement: () => {},
  resetKey: (key) => counters.reset(key),
});
