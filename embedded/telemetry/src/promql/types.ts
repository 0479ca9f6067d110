import type { Labels, Matcher } from '../store/metrics-labels.js';

export type { Labels } from '../store/metrics-labels.js';

export interface Sample {
  labels: Labels;
  value: number;
}

/** Times are epoch milliseconds. */
export interface Series {
  labels: Labels;
  points: { at: number; value: number }[];
}

export type Value =
  | { type: 'scalar'; value: number }
  | { type: 'vector'; samples: Sample[] }
  | { type: 'matrix'; series: Series[] }
  | { type: 'string'; value: string };

/** What Prometheus' API calls `errorType`, with the text that it would say. */
export class PromqlError extends Error {
  constructor(
    readonly errorType: 'bad_data' | 'execution' | 'timeout',
    message: string,
  ) {
    super(message);
  }
}

/** Durations are milliseconds; `at` is what follows `@`, in epoch milliseconds. */
interface Shift {
  offset: number;
  at: number | 'start' | 'end' | undefined;
}

export type Selector = Shift & { kind: 'selector'; type: 'vector' | 'range'; matchers: Matcher[]; range: number };
export type Subquery = Shift & { kind: 'subquery'; type: 'range'; of: Expression; range: number; step: number };

export interface Binary {
  kind: 'binary';
  type: 'scalar' | 'vector';
  operator: string;
  left: Expression;
  right: Expression;
  isBool: boolean;
  matching: { isOn: boolean; labels: string[]; group: 'left' | 'right' | undefined; include: string[] };
}

export interface Aggregation {
  kind: 'aggregation';
  type: 'vector';
  operator: string;
  grouping: { isWithout: boolean; labels: string[] };
  /** The parameter, where there is one, comes first. */
  args: Expression[];
}

/** Plain data but for the matchers' tests. */
export type Expression =
  | { kind: 'number'; type: 'scalar'; value: number }
  | { kind: 'string'; type: 'text'; value: string }
  | { kind: 'negation'; type: 'scalar' | 'vector'; of: Expression }
  | { kind: 'call'; type: 'scalar' | 'vector'; name: string; args: Expression[] }
  | Selector
  | Subquery
  | Binary
  | Aggregation;
