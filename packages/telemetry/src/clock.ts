import { performance } from 'node:perf_hooks';

export interface SpanClock {
  /** Epoch milliseconds with a fraction. */
  now(): number;
  /** Milliseconds of a clock that never jumps; only differences mean something. */
  elapsed(): number;
}

const TOLERATED_DRIFT_MS = 2;

/**
 * `Date.now()` is too coarse for spans, and the monotonic clock alone would miss a correction of the system time:
 * so the fine clock is anchored to the coarse one, again whenever they part.
 */
export const createSpanClock = (): SpanClock => {
  let origin = performance.timeOrigin;
  return {
    elapsed: () => performance.now(),
    now: () => {
      const monotonic = performance.now();
      const wall = Date.now();
      // The wall clock cuts the fraction off, so it is 0 to 1 ms behind.
      const drift = origin + monotonic - wall;
      if (drift < -TOLERATED_DRIFT_MS || drift > 1 + TOLERATED_DRIFT_MS) origin = wall + 0.5 - monotonic;
      return origin + monotonic;
    },
  };
};
