import { parseDurationUs, parseTags } from '../../../analysis/trace-search.js';
import type { TraceSearch } from '../../../queries/jaeger.js';

/** The search as it stands in the URL; empty texts ask nothing. */
export interface SearchState {
  readonly service: string;
  readonly operation: string;
  readonly tags: string;
  readonly min: string;
  readonly max: string;
  readonly status: 'any' | 'error' | 'ok';
  readonly limit: number;
  /** Epoch microseconds: only traces before it, of a page after the first. */
  readonly before: number | undefined;
}

export const limits = [20, 50, 100, 300] as const;

export const readSearch = (query: URLSearchParams): SearchState => {
  const text = (name: string): string => query.get(name) ?? '';
  const status = text('status');
  const limit = Number(text('limit'));
  return {
    service: text('service'),
    operation: text('operation'),
    tags: text('tags'),
    min: text('min'),
    max: text('max'),
    status: status === 'error' || status === 'ok' ? status : 'any',
    limit: limits.find((each) => each === limit) ?? 50,
    before: /^\d{13,17}$/.test(text('before')) ? Number(text('before')) : undefined,
  };
};

/** What is wrong with the search, by field; undefined if nothing is. */
export const findProblem = ({ tags, min, max }: SearchState): string | undefined => {
  if (parseTags(tags) === undefined) return 'Tags are written key=value, with quotes around a value that has spaces.';
  const [minUs, maxUs] = [parseDurationUs(min), parseDurationUs(max)];
  if (min !== '' && minUs === undefined) return `"${min}" is no duration; write 300us, 15ms or 2s.`;
  if (max !== '' && maxUs === undefined) return `"${max}" is no duration; write 300us, 15ms or 2s.`;
  return (minUs ?? 0) > (maxUs ?? Number.POSITIVE_INFINITY)
    ? 'The shortest duration is longer than the longest.'
    : undefined;
};

/** In the backend's terms. A search for traces without errors is not among them: those are left out of the answer. */
export const toTraceSearch = (
  state: SearchState,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): TraceSearch => {
  const [minDurationUs, maxDurationUs] = [parseDurationUs(state.min), parseDurationUs(state.max)];
  return {
    service: state.service,
    tags: { ...parseTags(state.tags), ...(state.status === 'error' ? { error: 'true' } : {}) },
    startUs: startMs * 1_000,
    endUs: state.before ?? endMs * 1_000,
    limit: state.limit,
    ...(state.operation === '' ? {} : { operation: state.operation }),
    ...(minDurationUs === undefined ? {} : { minDurationUs }),
    ...(maxDurationUs === undefined ? {} : { maxDurationUs }),
  };
};
