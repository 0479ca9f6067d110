import CircuitBreaker from 'opossum';
import { DownstreamError } from './client-error.js';

export type BreakerState = 'closed' | 'half_open' | 'open';

export interface GuardOptions {
  peer: string;
  breaker: boolean;
  /** Calls at once, and how many more may wait for their turn. */
  capacity: number;
  maxWaiting: number;
  /** Called once per change, in the context of the call that caused it; `half_open` by a timer. */
  onState(state: BreakerState): void;
}

/** Stands before a peer: no more calls at once than it can take, and none while it fails. */
export interface Guard {
  /** @param waitMs how long the call may wait for its turn */
  run<T>(waitMs: number, call: () => Promise<T>): Promise<T>;
  close(): void;
}

/** An answer below 500 proves that the peer works, whatever the caller thinks of it. */
const isPeerFine = (error: unknown): boolean =>
  !(error instanceof DownstreamError) || (error.reason === 'status' && (error.peerStatus ?? 0) < 500);

export const createGuard = (options: GuardOptions): Guard => {
  const { onState } = options;
  const bulkhead = createBulkhead(options);
  if (!options.breaker) return { run: (waitMs, call) => bulkhead(waitMs, call), close: () => {} };

  const breaker = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
    // Each call has its own timeout, which really cancels; opossum's would not.
    timeout: false,
    rollingCountTimeout: 10_000,
    volumeThreshold: 20,
    // opossum opens above its threshold; ours is "at 50 %".
    errorThresholdPercentage: 49.9,
    resetTimeout: 5_000,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    errorFilter: isPeerFine,
  });
  breaker.on('open', () => onState('open'));
  breaker.on('halfOpen', () => onState('half_open'));
  breaker.on('close', () => onState('closed'));

  return {
    run: <T>(waitMs: number, call: () => Promise<T>) => bulkhead(waitMs, () => breaker.fire(call) as Promise<T>),
    close: () => breaker.shutdown(),
  };
};

/**
 * opossum's own capacity has no waiting room and counts a full house as the peer's failure, hence this one.
 * A slot is handed from the call that ends to the one that has waited longest. Every call of every service goes
 * through here, so it makes one promise of its own and not one for each step.
 */
const createBulkhead = ({ peer, capacity, maxWaiting }: GuardOptions) => {
  const waiting = new Set<() => void>();
  let running = 0;

  const enter = (waitMs: number): Promise<void> | undefined => {
    if (running < capacity) {
      running += 1;
      return undefined;
    }
    if (waiting.size >= maxWaiting) {
      const full = { peer, reason: 'breaker_open', outcome: 'not_sent', note: 'bulkhead full' } as const;
      return Promise.reject(new DownstreamError(full));
    }
    return new Promise((resolve, reject) => {
      const take = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(take);
        reject(new DownstreamError({ peer, reason: 'timeout', outcome: 'not_sent', note: 'bulkhead' }));
      }, waitMs);
      waiting.add(take);
    });
  };

  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      running -= 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  const toError = (error: unknown): unknown =>
    CircuitBreaker.isOurError(error as Error)
      ? new DownstreamError({ peer, reason: 'breaker_open', outcome: 'not_sent' })
      : error;

  const hold = <T>(call: () => Promise<T>): Promise<T> =>
    call().then(
      (value) => {
        leave();
        return value;
      },
      (error: unknown) => {
        leave();
        throw toError(error);
      },
    );

  return <T>(waitMs: number, call: () => Promise<T>): Promise<T> => {
    const turn = enter(waitMs);
    return turn === undefined ? hold(call) : turn.then(() => hold(call));
  };
};
