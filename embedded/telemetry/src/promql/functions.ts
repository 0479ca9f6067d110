import { dropLabels, type Labels, toLabels } from '../store/metrics-labels.js';
import { type Column, distinct, type Grid, groupBy, mapColumn, nameless, presentAt, timesOf } from './columns.js';
import { bucketQuantile } from './statistics.js';
import type { Expression } from './types.js';
import { type Measure, measures } from './windows.js';

/** A call at every time of the grid, with what it may ask about its arguments. */
export interface Call {
  args: readonly Expression[];
  grid: Grid;
  columns(index: number): Column[];
  /** What is made of the windows of the range among them; `parameters` are a scalar's. */
  slide(measure: Measure, parameters?: Column['values']): Column[];
}

interface PromqlFunction {
  /** The first letters of the types that it takes, as a pattern. */
  takes: string;
  isScalar?: boolean;
  run(call: Call): Column[];
}

const secondsAt = (grid: Grid): Column => ({ labels: {}, values: timesOf(grid).map((time) => time / 1_000) });

/** A function of each value, and of a scalar beside it. */
const each = (takes: string, change: (value: number, scalar?: number) => number): PromqlFunction => ({
  takes,
  run({ columns }) {
    const scalars = columns(1)[0]?.values;
    const changed = columns(0).map((one) => mapColumn(one, (value, step) => change(value, scalars?.[step])));
    return distinct(changed.map(nameless));
  },
});

const overTime = (name: string): PromqlFunction => {
  const { takes = '', measure = () => undefined } = measures[name] ?? {};
  return {
    takes,
    run(call) {
      const columns = call.slide(measure, call.columns(takes.indexOf('s'))[0]?.values);
      if (name === 'absent_over_time') return absent(call, columns);
      return distinct(name === 'last_over_time' ? columns : columns.map(nameless), true);
    },
  };
};

/** One where there is nothing, with the labels that are asked for by just one equality. */
const absent = ({ args: [asked], grid }: Call, columns: readonly Column[]): Column[] => {
  const matchers = asked?.kind === 'selector' ? asked.matchers.filter(({ name }) => name !== '__name__') : [];
  const alone = matchers.filter(({ name }) => matchers.filter((other) => other.name === name).length === 1);
  const values = timesOf(grid).map((_, step) => (presentAt(columns, step).length > 0 ? undefined : 1));
  return [{ labels: toLabels(alone.map(({ name, exact = '' }) => [name, exact])), values }];
};

const histogramQuantile = ({ columns }: Call): Column[] => {
  const boundOf = ({ le = '' }: Labels): number => Number(le.replace(/^([-+]?)inf$/i, '$1Infinity') || 'none');
  const buckets = columns(1).filter(({ labels }) => !Number.isNaN(boundOf(labels)));
  buckets.sort((a, b) => boundOf(a.labels) - boundOf(b.labels));
  const groups = groupBy(buckets, (labels) => dropLabels(labels, ['le']));
  const results = [...groups.values()].map(({ labels, members }) => {
    const bounds = members.map((member) => boundOf(member.labels));
    const values = columns(0)[0]?.values.map((share = 0, step) => {
      const counts = members.map(({ values }, index) => ({ bound: bounds[index] ?? 0, count: values[step] }));
      return bucketQuantile(counts, share);
    });
    return nameless({ labels, values: values ?? [] });
  });
  return distinct(results);
};

const onlyOf = ({ grid, columns }: Call): Column[] => {
  const vector = columns(0);
  const only = ([one, other]: Column[], step: number) => (other ? undefined : one?.values[step]) ?? Number.NaN;
  return [mapColumn(secondsAt(grid), (_, step) => only(presentAt(vector, step), step))];
};

const ofMath = 'abs ceil exp floor log10 log2 sqrt';
// Go's, in which infinity comes before NaN.
const max = (a: number, b: number): number =>
  [a, b].includes(Number.POSITIVE_INFINITY) ? Number.POSITIVE_INFINITY : Math.max(a, b);
const min = (a: number, b: number): number => -max(-a, -b);

export const functions: Readonly<Record<string, PromqlFunction>> = {
  ...Object.fromEntries(ofMath.split(' ').map((name) => [name, each('v', (value) => Math[name as 'abs'](value))])),
  ...Object.fromEntries(Object.keys(measures).map((name) => [name, overTime(name)])),
  ln: each('v', Math.log),
  round: each('vs?', (value, nearest = 1) => Math.floor(value * (1 / nearest) + 0.5) / (1 / nearest)),
  clamp_min: each('vs', (value, low = 0) => max(low, value)),
  clamp_max: each('vs', (value, high = 0) => min(high, value)),
  time: { takes: '', isScalar: true, run: ({ grid }) => [secondsAt(grid)] },
  vector: { takes: 's', run: ({ columns }) => columns(0) },
  scalar: { takes: 'v', isScalar: true, run: onlyOf },
  absent: { takes: 'v', run: (call) => absent(call, call.columns(0)) },
  histogram_quantile: { takes: 'sv', run: histogramQuantile },
};
