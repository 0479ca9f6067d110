/** The sections of docs/conformance.md, by the word that --only takes. */
export const sections = {
  health: 'Health',
  doors: 'Doors',
  headers: 'Headers',
  errors: 'Errors',
  bodies: 'Bodies',
  proofs: 'Who may call',
  metrics: 'Metrics',
  logs: 'Log records',
  spans: 'Spans',
  admin: 'Faults and log level',
  catalogue: 'Product: catalogue',
  stock: 'Product: stock',
  drain: 'Going down',
} as const;

export type Section = keyof typeof sections;

/** One thing that the contract asks of a service. */
export interface Check {
  readonly section: Section;
  /** The sentence that is true when it passes. */
  readonly what: string;
  /** @returns what was seen, in a few words. @throws Mismatch, or an Error with what hindered it */
  run(): Promise<string>;
}

export interface Result {
  readonly check: Check;
  readonly isOk: boolean;
  readonly seen: string;
  readonly expected: string;
}

/** What was seen is not what the contract says. */
class Mismatch extends Error {
  constructor(
    readonly seen: string,
    readonly expected: string,
  ) {
    super(`${seen}, expected ${expected}`);
  }
}

/** One after the other: some switch faults on, and what others count must be theirs. */
export const runChecks = async (checks: readonly Check[], onResult: (result: Result) => void): Promise<Result[]> => {
  const results: Result[] = [];
  for (const check of checks) {
    const result = await check.run().then(
      (seen) => ({ check, isOk: true, seen, expected: '' }),
      (error: unknown) => ({ check, isOk: false, ...toFailure(error, check) }),
    );
    results.push(result);
    onResult(result);
  }
  return results;
};

const toFailure = (error: unknown, { what }: Check): Pick<Result, 'seen' | 'expected'> =>
  error instanceof Mismatch
    ? { seen: error.seen, expected: error.expected }
    : { seen: error instanceof Error ? error.message : String(error), expected: what };

/** One line for what is kept; what is not says what was seen, what was expected and where that is written. */
export const toLines = ({ check, isOk, seen, expected }: Result): string => {
  const line = `${isOk ? 'ok    ' : 'FAILED'}  ${check.section.padEnd(9)}  ${check.what}`;
  if (isOk) return `${line.padEnd(112)}  ${seen}`.trimEnd();
  return [
    line,
    `          seen      ${seen}`,
    `          expected  ${expected}`,
    `          written   docs/conformance.md, ${sections[check.section]}`,
  ].join('\n');
};

const longestText = 160;

export const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > longestText ? `${text.slice(0, longestText)}...` : text;
};

/** @throws Mismatch unless both are the same as JSON */
export const expectEqual = (name: string, seen: unknown, expected: unknown): void => {
  if (JSON.stringify(seen) !== JSON.stringify(expected))
    throw new Mismatch(`${name} ${show(seen)}`, `${name} ${show(expected)}`);
};

/** @throws Mismatch unless it is a text of this form */
export const expectMatch = (name: string, seen: unknown, pattern: RegExp): void => {
  if (typeof seen !== 'string' || !pattern.test(seen))
    throw new Mismatch(`${name} ${show(seen)}`, `${name} ${pattern}`);
};

/** @throws Mismatch with the first of these that is false */
export const expectAll = (
  expectations: readonly (readonly [isTrue: boolean, seen: string, expected: string])[],
): void => {
  for (const [isTrue, seen, expected] of expectations) if (!isTrue) throw new Mismatch(seen, expected);
};

/** Runs something once, however many checks ask for what comes of it. */
export const once = <T>(run: () => Promise<T>): (() => Promise<T>) => {
  let result: Promise<T> | undefined;
  return () => {
    result ??= run();
    return result;
  };
};
