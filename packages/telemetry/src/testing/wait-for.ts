import { setTimeout as pause } from 'node:timers/promises';

/** Polls until the condition gives something truthy; throws with `what` after the deadline. */
export const waitFor = async <T>(what: string, condition: () => T | Promise<T>, deadlineMs = 10_000): Promise<T> => {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await pause(5);
  }
};
