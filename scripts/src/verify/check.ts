/** One thing that must be true of a running stack. */
export interface Check {
  /** Who is asked. */
  readonly tool: string;
  /** The sentence that is true when it passes. */
  readonly what: string;
  /** @returns what was seen, in a few words. @throws Error with what is wrong */
  run(): Promise<string>;
}

export interface Result {
  readonly check: Check;
  readonly isOk: boolean;
  readonly seen: string;
}

/** One after the other, since later ones follow the links that earlier ones have found. */
export const runChecks = async (checks: readonly Check[], onResult: (result: Result) => void): Promise<Result[]> => {
  const results: Result[] = [];
  for (const check of checks) {
    const result = await check.run().then(
      (seen) => ({ check, isOk: true, seen }),
      (error: unknown) => ({ check, isOk: false, seen: error instanceof Error ? error.message : String(error) }),
    );
    results.push(result);
    onResult(result);
  }
  return results;
};

/** A line of the table: wide enough for every tool and sentence, and what was seen behind. */
export const toLine = ({ check, isOk, seen }: Result): string =>
  `${isOk ? 'ok    ' : 'FAILED'}  ${check.tool.padEnd(13)}  ${check.what.padEnd(58)}  ${seen}`;

const pauseMs = 500;

/**
 * Telemetry travels in batches: asks again until there is an answer.
 * @param find undefined: not yet. What it throws counts as not yet, too, until the time is over
 * @throws Error that says what was waited for
 */
export const eventually = async <T>(
  what: string,
  find: () => Promise<T | undefined>,
  deadlineMs = 30_000,
): Promise<T> => {
  const endsAt = Date.now() + deadlineMs;
  for (;;) {
    const [found, problem] = await find().then(
      (value) => [value, undefined] as const,
      (error: unknown) => [undefined, error instanceof Error ? error.message : String(error)] as const,
    );
    if (found !== undefined) return found;
    if (Date.now() > endsAt) throw new Error(problem ?? `no ${what} within ${deadlineMs / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
};

export const fail = (message: string): never => {
  throw new Error(message);
};
