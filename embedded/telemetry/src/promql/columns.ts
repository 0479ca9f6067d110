import { dropLabels, type Labels } from '../store/metrics-labels.js';
import { PromqlError } from './types.js';

/** The times of a query in epoch milliseconds: `count` of them, from `start`, one each `step`. */
export type Grid = { start: number; step: number; count: number };
/** A value at each time of a grid where there is one. */
export type Values = (number | undefined)[];
/** One series of a result. A scalar is one without labels. */
export type Column = { labels: Labels; values: Values };

export const timesOf = ({ start, step, count }: Grid): number[] =>
  Array.from({ length: count }, (_, index) => start + index * step);

export const mapColumn = ({ labels, values }: Column, change: (value: number, step: number) => number | undefined) => ({
  labels,
  values: values.map((value, step) => (value === undefined ? undefined : change(value, step))),
});

export const nameless = ({ labels, values }: Column): Column => ({ labels: dropLabels(labels, ['__name__']), values });

export const presentAt = (columns: readonly Column[], step: number): Column[] =>
  columns.filter(({ values }) => values[step] !== undefined);

/** Columns by the JSON of what `labelsOf` makes of their labels. */
export const groupBy = (columns: readonly Column[], labelsOf: (labels: Labels) => Labels) => {
  const groups = new Map<string, { labels: Labels; members: Column[] }>();
  for (const column of columns) {
    const labels = labelsOf(column.labels);
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { labels, members: [] };
    groups.set(key, group);
    group.members.push(column);
  }
  return groups;
};

/** Joins columns with equal labels. Two values at one time are refused; if `isStrict`, two columns already are. */
export const distinct = (columns: readonly Column[], isStrict = false): Column[] => {
  const present = columns.filter(({ values }) => values.some((value) => value !== undefined));
  return [...groupBy(present, (labels) => labels).values()].map(({ labels, members }) => {
    const [first = { labels, values: [] }, second] = members;
    if (second === undefined) return first;
    const only = (step: number): number | undefined => {
      const [found, other] = presentAt(members, step);
      if (isStrict || other) throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset');
      return found?.values[step];
    };
    return { labels, values: first.values.map((_, step) => only(step)) };
  });
};
