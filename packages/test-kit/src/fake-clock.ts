import type { Clock } from '@glasshouse/service-kit';

export interface FakeClock extends Clock {
  advance(ms: number): void;
}

/** A clock that stands still until a test advances it. */
export const createFakeClock = (start = new Date('2026-01-01T12:00:00Z')): FakeClock => {
  let nowMs = start.getTime();
  return {
    now: () => new Date(nowMs),
    advance(ms) {
      nowMs += ms;
    },
  };
};
