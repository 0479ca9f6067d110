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
  range: number;
  offset: number;
  at: number | 'start' | 'end' | undefined;
}
export type Selector = Shift & { kind: 'selector'; type: 'vector' | 'range'; matchers: Matcher[] };
export type Subquery = Shift & { kind: 'subquery'; type: 'range'; of: Expression; step: number };

export interface Modifiers {
  isBool: boolean;
  isOn: boolean;
  labels: string[];
  group: 'left' | 'right' | undefined;
  include: string[];
}
type Operands = { operator: string; left: Expression; right: Expression };
export type Binary = Operands & { kind: 'binary'; type: 'scalar' | 'vector'; modifiers: Modifiers };

type Grouped = { operator: string; isWithout: boolean; labels: string[] };
/** The parameter, where there is one, comes first. */
export type Aggregation = Grouped & { kind: 'aggregation'; type: 'vector'; args: Expression[] };

/** Plain data but for the matchers' tests. */
export type Expression =
  | { kind: 'number'; type: 'scalar'; value: number }
  | { kind: 'string'; type: 'text'; value: string }
  | { kind: 'parentheses' | 'negation'; type: 'scalar' | 'vector' | 'range' | 'text'; of: Expression }
  | { kind: 'call'; type: 'scalar' | 'vector'; name: string; args: Expression[] }
  | Selector
  | Subquery
  | Binary
  | Aggregation;
