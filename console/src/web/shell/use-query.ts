import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface QueryState<T> {
  /** The last answer, also while the next one is awaited and after a failure. */
  readonly data: T | undefined;
  /** Why the last attempt failed; undefined after a success. */
  readonly error: unknown;
  readonly isLoading: boolean;
  /** Epoch milliseconds of the last answer. */
  readonly loadedAtMs: number | undefined;
}

export interface Query<T> extends QueryState<T> {
  reload(): void;
}

export interface QueryOptions {
  /** Asks again this long after each answer; never while the tab is hidden. Default: only once. */
  readonly refreshMs?: number | undefined;
  /** False: nothing is asked. */
  readonly isEnabled?: boolean;
}

const nothing = { data: undefined, error: undefined, isLoading: true, loadedAtMs: undefined };

/**
 * Loads something for a component, again when a dependency changes and, if asked for, every few seconds. A question
 * whose answer nobody waits for any more is aborted. What was loaded stays until the next answer is there.
 */
export const useQuery = <T>(
  load: (signal: AbortSignal) => Promise<T>,
  deps: readonly unknown[],
  { refreshMs, isEnabled = true }: QueryOptions = {},
): Query<T> => {
  const [state, setState] = useState<QueryState<T>>(nothing);
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    if (!isEnabled) return setState((before) => ({ ...before, isLoading: false }));
    const ended = new AbortController();
    let timer: number | undefined;
    let isDue = false;
    const ask = async (): Promise<void> => {
      isDue = false;
      setState((before) => ({ ...before, isLoading: true }));
      try {
        const data = await latest.current(ended.signal);
        if (ended.signal.aborted) return;
        setState({ data, error: undefined, isLoading: false, loadedAtMs: Date.now() });
      } catch (error) {
        if (ended.signal.aborted) return;
        setState((before) => ({ ...before, error, isLoading: false }));
      }
      if (refreshMs !== undefined) timer = window.setTimeout(askIfSeen, refreshMs);
    };
    const askIfSeen = (): void => {
      isDue = document.hidden;
      if (!isDue) void ask();
    };
    const onVisible = (): void => {
      if (isDue && !document.hidden) void ask();
    };
    document.addEventListener('visibilitychange', onVisible);
    void ask();
    return () => {
      ended.abort();
      window.clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [...deps, round, refreshMs, isEnabled]);

  return { ...state, reload: useCallback(() => setRound((count) => count + 1), []) };
};
