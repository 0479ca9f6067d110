import { dropLabels, type Labels, toLabels } from '../store/metrics-labels.js';
import { type Column, distinct, type Grid, groupBy, mapColumn, nameless, presentAt, timesOf } from './columns.js';
import { parsePattern } from './literals.js';
import { bucketQuantile, compareValues } from './statistics.js';
import { type Expression, PromqlError, type Selector } from './types.js';
import { type Measure, measures } from './windows.js';

/** A call at every time of the grid, with what it may ask about its arguments. */
export interface Call {
  args: readonly Expression[];
  grid: Grid;
  columns(index: number): Column[];
  /** What is made of the windows of the range among them; `parameters` are a scalar's. */
  slide(measure: Measure, parameters?: Column['values']): Column[];
  /** When the values of a selector were sampled, in seconds. */
  sampleTimes(selector: Selector): Column[];
}

interface PromqlFunction {
  /** The first letters of the types that it takes, as a pattern. */
  takes: string;
  isScalar?: boolean;
  run(call: Call): Column[];
}

const secondsAt = (grid: Grid): Column => ({ labels: {}, values: timesOf(grid).map((time) => time / 1_000) });
const refuse = (message: string): never => {
  throw new PromqlError('execution', message);
};

type Change = (value: number, a?: number, b?: number) => number | undefined;

/** A function of each value, and of scalars beside it. A vector that is left out is time. */
const each = (takes: string, change: Change): PromqlFunction => ({
  takes,
  run({ args, grid, columns }) {
    const [a, b] = [columns(1)[0]?.values, columns(2)[0]?.values];
    const vector = args.length > 0 ? columns(0) : [secondsAt(grid)];
    const changed = vector.map((one) => mapColumn(one, (value, step) => change(value, a?.[step], b?.[step])));
    return distinct(changed.map(nameless));
  },
});
const ofDate = (part: (date: Date) => number): PromqlFunction =>
  each('v?', (value) => part(new Date(Math.trunc(value) * 1_000)));

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

/** Sets a label to what is made of the others and of the texts after its name, or leaves a series as it is. */
const relabel = (takes: string, make: (labels: Labels, texts: string[]) => string | undefined): PromqlFunction => ({
  takes,
  run({ args, columns }) {
    const [name = '', ...texts] = args.flatMap((arg) => (arg.kind === 'string' ? [arg.value] : []));
    const label = checkName(name);
    const relabelled = columns(0).map(({ labels, values }) => {
      const value = make(labels, texts) ?? labels[label] ?? '';
      return { labels: toLabels([...Object.entries(dropLabels(labels, [label])), [label, value]]), values };
    });
    return distinct(relabelled);
  },
});
const checkName = (name: string): string =>
  /^[a-zA-Z_]\w*$/.test(name) ? name : refuse(`invalid label name: ${JSON.stringify(name)}`);
const join = (labels: Labels, [between = '', ...names]: string[]): string =>
  names.map((name) => labels[checkName(name)] ?? '').join(between);
const replace = (labels: Labels, [template = '', source = '', pattern = '']: string[]): string | undefined => {
  const found = parsePattern(pattern, 'execution').exec(labels[source] ?? '');
  const insert = (_: string, a?: string, b?: string): string => (a || b ? (found?.[Number(a ?? b)] ?? '') : '$');
  return found ? template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, insert) : undefined;
};

// Only an instant query shows the order.
const sorted = (order: 1 | -1): PromqlFunction => ({
  takes: 'v',
  run: ({ columns }) => columns(0).sort((a, b) => compareValues(a.values[0] ?? 0, b.values[0] ?? 0, order)),
});

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
const timesIn = ({ args: [of], grid, columns, sampleTimes }: Call): Column[] => {
  const now = secondsAt(grid).values;
  return of?.kind === 'selector' ? sampleTimes(of) : columns(0).map((one) => mapColumn(one, (_, step) => now[step]));
};

const ofMath = 'abs acos acosh asin asinh atan atanh ceil cos cosh exp floor log10 log2 sin sinh sqrt tan tanh';
// Go's, in which infinity comes before NaN.
const max = (a: number, b: number): number =>
  [a, b].includes(Number.POSITIVE_INFINITY) ? Number.POSITIVE_INFINITY : Math.max(a, b);
const min = (a: number, b: number): number => -max(-a, -b);
const dayOf = (date: Date, month = date.getUTCMonth(), day = date.getUTCDate()): Date =>
  new Date(Date.UTC(date.getUTCFullYear(), month, day));

export const functions: Readonly<Record<string, PromqlFunction>> = {
  ...Object.fromEntries(ofMath.split(' ').map((name) => [name, each('v', (value) => Math[name as 'abs'](value))])),
  ...Object.fromEntries(Object.keys(measures).map((name) => [name, overTime(name)])),
  ln: each('v', Math.log),
  sgn: each('v', Math.sign),
  rad: each('v', (value) => (value * Math.PI) / 180),
  deg: each('v', (value) => (value * 180) / Math.PI),
  round: each('vs?', (value, nearest = 1) => Math.floor(value * (1 / nearest) + 0.5) / (1 / nearest)),
  clamp: each('vss', (value, low = 0, high = 0) => (high < low ? undefined : max(low, min(high, value)))),
  clamp_min: each('vs', (value, low = 0) => max(low, value)),
  clamp_max: each('vs', (value, high = 0) => min(high, value)),
  minute: ofDate((date) => date.getUTCMinutes()),
  hour: ofDate((date) => date.getUTCHours()),
  day_of_week: ofDate((date) => date.getUTCDay()),
  day_of_month: ofDate((date) => date.getUTCDate()),
  day_of_year: ofDate((date) => (dayOf(date).getTime() - dayOf(date, 0, 0).getTime()) / 86_400_000),
  days_in_month: ofDate((date) => dayOf(date, date.getUTCMonth() + 1, 0).getUTCDate()),
  month: ofDate((date) => date.getUTCMonth() + 1),
  year: ofDate((date) => date.getUTCFullYear()),
  time: { takes: '', isScalar: true, run: ({ grid }) => [secondsAt(grid)] },
  pi: { takes: '', isScalar: true, run: ({ grid }) => [mapColumn(secondsAt(grid), () => Math.PI)] },
  vector: { takes: 's', run: ({ columns }) => columns(0) },
  scalar: { takes: 'v', isScalar: true, run: onlyOf },
  timestamp: { takes: 'v', run: (call) => distinct(timesIn(call).map(nameless)) },
  absent: { takes: 'v', run: (call) => absent(call, call.columns(0)) },
  histogram_quantile: { takes: 'sv', run: histogramQuantile },
  sort: sorted(1),
  sort_desc: sorted(-1),
  label_join: relabel('vttt*', join),
  label_replace: relabel('vtttt', replace),
};
