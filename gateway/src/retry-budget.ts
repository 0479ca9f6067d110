/**
 * Repeating a request is worth it while failures are rare and makes an overload worse: at most a tenth of the recent
 * requests may be repeated. "Recent" is a window of 10 s, so that a quiet gateway may still repeat one.
 */
export const createRetryBudget = (nowMs: () => number, windowMs = 10_000) => {
  let windowStart = nowMs();
  let requests = 0;
  let retries = 0;
  const roll = (): void => {
    if (nowMs() - windowStart < windowMs) return;
    windowStart = nowMs();
    requests = 0;
    retries = 0;
  };
  return {
    request(): void {
      roll();
      requests++;
    },
    /** Takes one repetition from the budget, if there is one left. */
    tryRetry(): boolean {
      roll();
      if (retries >= Math.max(1, requests / 10)) return false;
      retries++;
      return true;
    },
  };
};

export type RetryBudget = ReturnType<typeof createRetryBudget>;
