import type { Labels, Matcher } from '../store/metrics-labels.js';

export type { Labels } from '../store/metrics-labels.js';

export type Sample = { labels: Labels; value: number };
/** Times are epoch milliseconds. */
export type Series = { labels: Labels; points: { at: number; value: number }[] };
export type Value =
  | { type: 'scalar'; value: number }
  | { type: 'vector'; samples: Sample[] }
  | { type: 'matrix'; series: Series[] };

/** What Prometheus' API calls `errorType`, with the text that it would say. */
export class PromqlError extends Error {
  constructor(
    readonly errorType: 'bad_data' | 'execution' | 'timeout',
    message: string,
  ) {
    super(message);
  }
}

/** Durations are milliseconds. */
type Shift = { range: number; offset: number };
export type Selector = Shift & { kind: 'selector'; type: 'vector' | 'range'; matchers: Matcher[] };
export type Subquery = Shift & { kind: 'subquery'; type: 'range'; of: Expression; step: number };

type Grouped = { group: 'left' | 'right' | undefined; include: string[] };
export type Modifiers = Grouped & { isBool: boolean; isOn: boolean; labels: string[] };
type Operation = { operator: string; modifiers: Modifiers; left: Expression; right: Expression };
export type Binary = Operation & { kind: 'binary'; type: 'scalar' | 'vector' };

/** The parameter, where there is one, is the first argument. */
type Grouping = { operator: string; isWithout: boolean; labels: string[]; args: Expression[] };
export type Aggregation = Grouping & { kind: 'aggregation'; type: 'vector' };

/** Plain data but for the matchers' tests. */
export type Expression =
  | { kind: 'number'; type: 'scalar'; value: number }
  | { kind: 'parentheses' | 'negation'; type: 'scalar' | 'vector' | 'range'; of: Expression }
  | { kind: 'call'; type: 'scalar' | 'vector'; name: string; args: Expression[] }
  | Selector
  | Subquery
  | Binary
  | Aggregation;
