import { addressWindowMs, freeFailures, normaliseEmail, toDigest, toLoginDelayMs } from '../domain.js';
import { errors } from '../errors.js';
import type { Ports } from './ports.js';

/** One login attempt that was let in; it must end as a failure or as a success. */
export interface Attempt {
  failed(): Promise<void>;
  succeeded(): Promise<void>;
}

type ThrottlePorts = Pick<Ports, 'throttles' | 'addressFailures' | 'failuresPerAddress' | 'probe' | 'clock'>;

/**
 * Slows down guessing: per account by a delay that doubles with each failure, per address by a number in a window.
 * Unknown accounts are slowed down like known ones, so a throttle says nothing about who is registered.
 */
export const createLoginThrottle = (ports: ThrottlePorts) => {
  const { throttles, addressFailures, failuresPerAddress, probe, clock } = ports;
  const refuse = (by: 'account' | 'address', waitMs: number): never => {
    probe.loginThrottled(by);
    throw errors.loginThrottled({ retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
  };

  /** After the free failures an attempt is paid for before the password is looked at, so that many at once count as many. */
  const admitAccount = async (key: string): Promise<'clean' | 'failed_before' | 'paid'> => {
    const now = clock.now();
    const seen = await throttles.find(key);
    if (seen === undefined) return 'clean';
    const waitMs = seen.blockedUntil.getTime() - now.getTime();
    if (waitMs > 0) return refuse('account', waitMs);
    if (seen.failures < freeFailures) return 'failed_before';
    const failures = seen.failures + 1;
    const delayMs = toLoginDelayMs(failures);
    const next = { failures, blockedUntil: new Date(now.getTime() + delayMs) };
    return (await throttles.replace(key, seen, next)) ? 'paid' : refuse('account', delayMs);
  };

  return {
    /** @throws errors.loginThrottled with the time to wait */
    async admit(email: string, address: string): Promise<Attempt> {
      if ((await addressFailures.get(address)) >= failuresPerAddress) refuse('address', addressWindowMs);
      const key = toDigest(normaliseEmail(email));
      const admission = await admitAccount(key);
      return {
        async failed() {
          await addressFailures.count(address);
          if (admission === 'paid') return;
          const now = clock.now();
          const delayMs = toLoginDelayMs(await throttles.countFailure(key, now));
          if (delayMs > 0) await throttles.block(key, new Date(now.getTime() + delayMs));
        },
        async succeeded() {
          if (admission !== 'clean') await throttles.clear(key);
        },
      };
    },
  };
};
