/** What is left of a type once the condition holds. */
export type Held<T> = Exclude<T, false | null | undefined | 0 | ''>;

/**
 * Polls a condition until it holds and returns its value. The deadline only bounds a failing test; a passing one
 * goes on as soon as the condition holds.
 * @param what names the condition in the error of a test that waited in vain
 * @param deadlineMs milliseconds until that error
 */
export const waitFor = async <T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs = 10_000,
): Promise<Held<T>> => {
  const deadlineAt = Date.now() + deadlineMs;
  let lastError: unknown;
  while (Date.now() < deadlineAt) {
    try {
      const value = await condition();
      if (value) return value as Held<T>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited ${deadlineMs} ms in vain for ${what}`, { cause: lastError });
};
