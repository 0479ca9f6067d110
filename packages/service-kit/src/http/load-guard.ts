import { performance } from 'node:perf_hooks';

export type ShedReason = 'in_flight' | 'event_loop_delay';
export const shedReasons: readonly ShedReason[] = ['in_flight', 'event_loop_delay'];

export interface LoopDelay {
  /** Milliseconds by which the event loop is late, as of the last 100 ms. */
  current(): number;
  stop(): void;
}

const sampleEveryMs = 50;

/** Measures how late timers run: what every request waits for before anything of it is done. */
export const createLoopDelay = (): LoopDelay => {
  let delay = 0;
  let before = 0;
  let expectedAt = performance.now() + sampleEveryMs;
  const timer = setInterval(() => {
    const now = performance.now();
    const late = Math.max(0, now - expectedAt);
    // Two samples: one late timer may be a garbage collection, and it must not be forgotten at once either.
    delay = (late + before) / 2;
    before = late;
    expectedAt = now + sampleEveryMs;
  }, sampleEveryMs).unref();
  return { current: () => delay, stop: () => clearInterval(timer) };
};

export interface LoadGuard {
  /** Takes a place for a request, or says why there is none. Every place taken is given back by `leave`. */
  enter(): ShedReason | undefined;
  leave(): void;
}

/** A loop this late cannot keep any promise; what it has begun it should finish before it begins more. */
const maxLoopDelayMs = 100;

/** A few requests at once are no overload; if the loop is late then, somebody else uses the processor. */
const alwaysAdmitted = 16;

/**
 * Refuses early what could only be answered late: above the cap, and above a quarter of it while the event loop is
 * behind. A server that takes everything falls to a fraction of its capacity; a capped one keeps it.
 */
export const createLoadGuard = (maxInFlight: number, loopDelay: LoopDelay): LoadGuard => {
  let inFlight = 0;
  const maxWhenLate = Math.max(alwaysAdmitted, maxInFlight / 4);
  return {
    enter: () => {
      if (inFlight >= maxInFlight) return 'in_flight';
      if (inFlight >= maxWhenLate && loopDelay.current() > maxLoopDelayMs) return 'event_loop_delay';
      inFlight += 1;
      return undefined;
    },
    leave: () => {
      inFlight -= 1;
    },
  };
};
