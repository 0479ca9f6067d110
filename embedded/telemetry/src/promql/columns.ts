import type { Labels } from '../store/metrics-labels.js';
import { PromqlError } from './types.js';

/** The times of a query in epoch milliseconds: `count` of them, from `start`, one each `step`. */
export interface Grid {
  start: number;
  step: number;
  count: number;
}

/** One series of a result: at each time of the grid a value, if `has` is 1 there. A scalar is one without labels. */
export interface Column {
  labels: Labels;
  values: Float64Array;
  has: Uint8Array;
}

export const createColumn = (labels: Labels, count: number): Column => ({
  labels,
  values: new Float64Array(count),
  has: new Uint8Array(count),
});

export const put = ({ values, has }: Column, step: number, value: number | undefined): void => {
  if (value === undefined) return;
  values[step] = value;
  has[step] = 1;
};

/** What becomes of a column's values; `undefined` leaves one out. */
export const mapColumn = (
  { labels: before, values, has }: Column,
  change: (value: number, step: number) => number | undefined,
  labels: Labels = before,
): Column => {
  const changed = createColumn(labels, values.length);
  for (let step = 0; step < values.length; step++)
    if (has[step] === 1) put(changed, step, change(values[step] ?? 0, step));
  return changed;
};

/** Joins columns with equal labels. Two values at one time are refused; if `isStrict`, two columns already are. */
export const distinct = (columns: readonly Column[], isStrict = false): Column[] => {
  const found = new Map<string, Column>();
  for (const column of columns) {
    if (!column.has.includes(1)) continue;
    const key = JSON.stringify(column.labels);
    const other = found.get(key);
    if (other === undefined) found.set(key, column);
    else if (isStrict || other.has.some((has, step) => has === 1 && column.has[step] === 1))
      throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset');
    else
      found.set(
        key,
        mapColumn(merge(other, column), (value) => value),
      );
  }
  return [...found.values()];
};

const merge = (a: Column, b: Column): Column => ({
  labels: a.labels,
  values: a.values.map((value, step) => (a.has[step] === 1 ? value : (b.values[step] ?? 0))),
  has: a.has.map((has, step) => has | (b.has[step] ?? 0)),
});
