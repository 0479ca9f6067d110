import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogLine } from '../../../analysis/log-line.js';
import type { LogQuery } from '../../../analysis/log-query/syntax.js';
import { addLines, type HeldLines, noLines, tailCursor } from '../../../analysis/log-tail.js';
import { loadNewer, loadPage, pageSize, type TimeSpan } from './log-search.js';

/** A browser bears more, a reader does not. */
export const mostHeld = 2_000;
const tailMs = 1_000;

export interface Lines extends HeldLines {
  readonly isLoading: boolean;
  readonly error: unknown;
  /** There may be older ones. */
  readonly hasOlder: boolean;
  loadOlder(): void;
  /** Lines that have arrived while the reader held the list still. */
  readonly waiting: number;
  showWaiting(): void;
}

interface LinesOptions {
  /** Undefined while the query line cannot be read. */
  readonly query: LogQuery | undefined;
  /** Changes where another question is asked. */
  readonly key: string;
  readonly resolve: () => TimeSpan;
  readonly isLive: boolean;
  /** While it holds, new lines wait. */
  readonly isHeld: boolean;
}

interface State {
  readonly shown: HeldLines;
  readonly arrived: HeldLines;
  readonly hasOlder: boolean;
  readonly isLoading: boolean;
  readonly error: unknown;
}

const start: State = { shown: noLines, arrived: noLines, hasOlder: false, isLoading: true, error: undefined };

/** The lines of a query: the newest page, older ones on demand, and newer ones as they come. */
export const useLines = ({ query, key, resolve, isLive, isHeld }: LinesOptions): Lines => {
  const [state, setState] = useState<State>(start);
  const latest = useRef({ query, resolve, isHeld, shown: state.shown, arrived: state.arrived });
  latest.current = { query, resolve, isHeld, shown: state.shown, arrived: state.arrived };
  const aborter = useRef(new AbortController());

  // The key stands for the query and its time, which are new objects each time.
  useEffect(() => {
    aborter.current = new AbortController();
    const { signal } = aborter.current;
    if (query === undefined) return setState({ ...start, isLoading: false });
    setState((before) => ({ ...before, isLoading: true }));
    loadPage(query, resolve(), undefined, signal).then(
      (lines) =>
        setState({
          ...start,
          shown: addLines(noLines, lines, mostHeld),
          hasOlder: lines.length === pageSize,
          isLoading: false,
        }),
      (error: unknown) => signal.aborted || setState({ ...start, isLoading: false, error }),
    );
    return () => aborter.current.abort();
  }, [key]);

  useEffect(() => {
    if (!isLive || query === undefined) return;
    const ended = new AbortController();
    let timer: number | undefined;
    let goOn: LogLine['cursor'] | undefined;
    const look = async (): Promise<void> => {
      const { shown, arrived } = latest.current;
      const newest = arrived.lines.length > 0 ? arrived : shown;
      try {
        if (!document.hidden) {
          const found = await loadNewer(query, goOn ?? tailCursor(newest, Date.now()), ended.signal);
          goOn = found.goOn;
          setState((before) => take(before, found.lines, latest.current.isHeld));
        }
      } catch (error) {
        if (ended.signal.aborted) return;
        setState((before) => ({ ...before, error }));
      }
      if (!ended.signal.aborted) timer = window.setTimeout(() => void look(), tailMs);
    };
    void look();
    return () => {
      ended.abort();
      window.clearTimeout(timer);
    };
  }, [key, isLive]);

  useEffect(() => {
    if (!isHeld) setState((before) => take(before, [], false));
  }, [isHeld]);

  return {
    ...state.shown,
    isLoading: state.isLoading,
    error: state.error,
    hasOlder: state.hasOlder,
    loadOlder: () => {
      const last = latest.current.shown.lines.at(-1);
      if (latest.current.query === undefined || last === undefined) return;
      setState((before) => ({ ...before, isLoading: true }));
      loadPage(latest.current.query, latest.current.resolve(), last, aborter.current.signal).then(
        (lines) => setState((before) => append(before, lines)),
        (error: unknown) =>
          aborter.current.signal.aborted || setState((before) => ({ ...before, isLoading: false, error })),
      );
    },
    waiting: state.arrived.lines.length,
    showWaiting: () => setState((before) => take(before, [], false)),
  };
};

const append = (before: State, lines: Parameters<typeof addLines>[1]): State => {
  const shown = addLines(before.shown, lines, mostHeld);
  return {
    ...before,
    shown,
    isLoading: false,
    error: undefined,
    hasOlder: lines.length === pageSize && shown.lines.length < mostHeld,
  };
};

/** New lines stand in the list at once, or wait while somebody reads. */
const take = (before: State, lines: Parameters<typeof addLines>[1], isHeld: boolean): State => {
  const known = new Set(before.shown.lines.map(({ id }) => id));
  const fresh = lines.filter(({ id }) => !known.has(id));
  const error = lines.length > 0 ? undefined : before.error;
  if (isHeld) return { ...before, arrived: addLines(before.arrived, fresh, mostHeld), error };
  const all = [...before.arrived.lines, ...fresh];
  if (all.length === 0) return before.error === error ? before : { ...before, error };
  const dropped = before.shown.dropped + before.arrived.dropped;
  return { ...before, shown: addLines({ ...before.shown, dropped }, all, mostHeld), arrived: noLines, error };
};
