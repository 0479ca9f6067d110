import { kitErrors } from '@glasshouse/service-kit';
import { hash, verify } from '@node-rs/argon2';
import type { Passwords } from './use-cases/ports.js';

/** argon2id as OWASP's password storage sheet recommends it: 19 MiB, two passes, one lane. It is the library's default algorithm. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The hash of a random password that nobody knows, made with the cost above: an unknown account costs as much as a known one. */
const dummyHash = '$argon2id$v=19$m=19456,t=2,p=1$7ULdCjv7GcQhVlwxfoS4Lw$/QYNwCeNrJWzmTOJJr6xEg5+E35uTVGVx/MbafO0y8E';

export interface BoundOptions {
  readonly concurrent: number;
  readonly waiting: number;
}

/**
 * Runs at most `concurrent` tasks at once and lets `waiting` more wait in line.
 * @throws kitErrors.overloaded at once for whoever comes when the line is full
 */
export const createBound = ({ concurrent, waiting }: BoundOptions) => {
  const line: (() => void)[] = [];
  let running = 0;
  return {
    inFlight: (): number => running + line.length,
    async run<T>(task: () => Promise<T>): Promise<T> {
      if (running < concurrent) running += 1;
      else if (line.length >= waiting) throw kitErrors.overloaded({ retryAfterSeconds: 1 });
      else await new Promise<void>((resolve) => line.push(resolve));
      try {
        return await task();
      } finally {
        // A place is handed over rather than freed, so that nobody can slip in between.
        const next = line.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
};

/** Hashes on libuv's threads, never on the event loop; the bound keeps 19 MiB each from becoming all the memory there is. */
export const createPasswords = (options: BoundOptions): Passwords & { inFlight(): number } => {
  const bound = createBound(options);
  return {
    inFlight: bound.inFlight,
    hash: (password) => bound.run(() => hash(password, cost)),
    verify: (passwordHash, password) =>
      bound.run(async () => (await verify(passwordHash ?? dummyHash, password)) && passwordHash !== undefined),
  };
};
