import { dropLabels, type Labels, toLabels } from '../store/metrics-labels.js';
import { compareValues } from './aggregations.js';
import { type Column, createColumn, distinct, type Grid, mapColumn, put } from './columns.js';
import { parsePattern } from './literals.js';
import { histogramQuantile } from './quantiles.js';
import { type Expression, PromqlError, type Selector } from './types.js';
import { measures, type Window } from './windows.js';

/** A call at every time of the grid, with what it needs of the evaluation. */
export interface Call {
  args: readonly Expression[];
  grid: Grid;
  /** Of an argument that is no text and no range. */
  columns(index: number): Column[];
  /** Each series of a range with what is made of its windows. */
  slide(index: number, measure: (window: Window, step: number) => number | undefined): Column[];
  /** When the values of a selector were sampled, in seconds. */
  sampleTimes(selector: Selector): Column[];
}

interface PromqlFunction {
  /** What it takes, by the first letters of types, as a pattern. */
  takes: string;
  isScalar?: boolean;
  run(call: Call): Column[];
}

const nameless = (labels: Labels): Labels => dropLabels(labels, ['__name__']);
const scalar = ({ grid }: Call, valueAt: (step: number) => number): Column => {
  const column = createColumn({}, grid.count);
  for (let step = 0; step < grid.count; step++) put(column, step, valueAt(step));
  return column;
};
const timeAt = ({ start, step }: Grid, index: number): number => (start + index * step) / 1_000;

/** A function of each value, and of scalars beside it. The vector is the first argument, or time where it is left out. */
const each = (
  takes: string,
  change: (value: number, a?: number, b?: number) => number | undefined,
): PromqlFunction => ({
  takes,
  run(call) {
    const [a, b] = [1, 2].map((index) => (index < call.args.length ? call.columns(index)[0]?.values : undefined));
    const vector = call.args.length > 0 ? call.columns(0) : [scalar(call, (step) => timeAt(call.grid, step))];
    const columns = vector.map((column) =>
      mapColumn(column, (value, step) => change(value, a?.[step], b?.[step]), nameless(column.labels)),
    );
    return distinct(columns);
  },
});
const ofDate = (part: (date: Date) => number): PromqlFunction =>
  each('v?', (value) => part(new Date(Math.trunc(value) * 1_000)));

const ofRange = (
  name: string,
  takes: string,
  measure: (window: Window, parameter: number) => number | undefined,
): PromqlFunction => ({
  takes,
  run(call) {
    const other = takes.indexOf('s');
    const parameters = other < 0 ? undefined : call.columns(other)[0]?.values;
    const columns = call.slide(takes.indexOf('r'), (window, step) => measure(window, parameters?.[step] ?? 0));
    if (name === 'last_over_time') return distinct(columns, true);
    return name === 'absent_over_time'
      ? invert(columns, call)
      : distinct(
          columns.map((column) => ({ ...column, labels: nameless(column.labels) })),
          true,
        );
  },
});

/** One where there is nothing, with the labels that were asked for by equality once. */
const invert = (columns: readonly Column[], call: Call): Column[] => {
  const [asked] = call.args;
  const matchers = asked?.kind === 'selector' ? asked.matchers.filter(({ name }) => name !== '__name__') : [];
  const isPlain = (name: string): boolean => matchers.filter((matcher) => matcher.name === name).length === 1;
  const labels = toLabels(matchers.map(({ name, exact }) => [name, (isPlain(name) && exact) || '']));
  const all = scalar(call, () => 1);
  return [mapColumn(all, (one, step) => (columns.some(({ has }) => has[step] === 1) ? undefined : one), labels)];
};

const relabel = (
  takes: string,
  valueOf: (labels: Labels, texts: readonly string[]) => string | undefined,
): PromqlFunction => ({
  takes,
  run({ args, columns }) {
    const texts = args.flatMap((arg) => (arg.kind === 'string' ? [arg.value] : []));
    const [name = '', ...others] = texts;
    if (!/^[a-zA-Z_]\w*$/.test(name)) throw new PromqlError('execution', `invalid destination label name: ${name}`);
    return distinct(
      columns(0).map((column) => {
        const value = valueOf(column.labels, others);
        if (value === undefined) return column;
        return { ...column, labels: toLabels([...Object.entries(dropLabels(column.labels, [name])), [name, value]]) };
      }),
    );
  },
});

const sorted = (order: 1 | -1): PromqlFunction => ({
  takes: 'v',
  // Only an instant query shows the order.
  run: ({ columns }) => columns(0).sort((a, b) => compareValues(a.values[0] ?? 0, b.values[0] ?? 0, order)),
});

const ofMath = [
  'abs',
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atanh',
  'ceil',
  'cos',
  'cosh',
  'exp',
  'floor',
  'log10',
  'log2',
  'sin',
  'sinh',
  'sqrt',
  'tan',
  'tanh',
] as const;

export const functions: Readonly<Record<string, PromqlFunction>> = {
  ...Object.fromEntries(ofMath.map((name) => [name, each('v', (value) => Math[name](value))])),
  ...Object.fromEntries(
    Object.entries(measures).map(([name, [takes, measure]]) => [name, ofRange(name, takes, measure)]),
  ),
  ln: each('v', (value) => Math.log(value)),
  sgn: each('v', (value) => Math.sign(value)),
  rad: each('v', (value) => (value * Math.PI) / 180),
  deg: each('v', (value) => (value * 180) / Math.PI),
  round: each('vs?', (value, nearest = 1) => Math.floor(value * (1 / nearest) + 0.5) / (1 / nearest)),
  clamp: each('vss', (value, least = 0, most = 0) =>
    most < least ? undefined : Math.max(least, Math.min(most, value)),
  ),
  clamp_min: each('vs', (value, least = 0) => Math.max(least, value)),
  clamp_max: each('vs', (value, most = 0) => Math.min(most, value)),
  minute: ofDate((date) => date.getUTCMinutes()),
  hour: ofDate((date) => date.getUTCHours()),
  day_of_week: ofDate((date) => date.getUTCDay()),
  day_of_month: ofDate((date) => date.getUTCDate()),
  day_of_year: ofDate(
    (date) =>
      (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(date.getUTCFullYear(), 0, 0)) /
      86_400_000,
  ),
  days_in_month: ofDate((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
  month: ofDate((date) => date.getUTCMonth() + 1),
  year: ofDate((date) => date.getUTCFullYear()),
  time: { takes: '', isScalar: true, run: (call) => [scalar(call, (step) => timeAt(call.grid, step))] },
  pi: { takes: '', isScalar: true, run: (call) => [scalar(call, () => Math.PI)] },
  vector: { takes: 's', run: ({ columns }) => columns(0) },
  scalar: {
    takes: 'v',
    isScalar: true,
    run: (call) => {
      const columns = call.columns(0);
      return [
        scalar(call, (step) => {
          const [only, ...others] = columns.filter(({ has }) => has[step] === 1);
          return only && others.length === 0 ? (only.values[step] ?? 0) : Number.NaN;
        }),
      ];
    },
  },
  timestamp: {
    takes: 'v',
    run(call) {
      const [of] = call.args;
      const columns =
        of?.kind === 'selector'
          ? call.sampleTimes(of)
          : call.columns(0).map((column) => mapColumn(column, (_, step) => timeAt(call.grid, step)));
      return distinct(columns.map((column) => ({ ...column, labels: nameless(column.labels) })));
    },
  },
  absent: { takes: 'v', run: (call) => invert(call.columns(0), call) },
  histogram_quantile: {
    takes: 'sv',
    run: ({ columns }) => distinct(histogramQuantile(columns(0)[0]?.values ?? new Float64Array(), columns(1))),
  },
  sort: sorted(1),
  sort_desc: sorted(-1),
  label_join: relabel('vttt*', (labels, [separator, ...names]) =>
    names.map((name) => labels[name] ?? '').join(separator),
  ),
  label_replace: relabel('vtttt', (labels, [replacement = '', source = '', pattern = '']) => {
    const found = parsePattern(pattern).exec(labels[source] ?? '');
    const insert = (_: string, a?: string, b?: string): string => ((a ?? b) ? (found?.[Number(a ?? b)] ?? '') : '$');
    return found ? replacement.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, insert) : undefined;
  }),
};
