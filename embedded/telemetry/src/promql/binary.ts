import { dropLabels, keepLabels, type Labels, toLabels } from '../store/metrics-labels.js';
import { type Column, distinct, groupBy, mapColumn, nameless, presentAt } from './columns.js';
import { type Binary, PromqlError } from './types.js';

export const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};
export const setOperators: readonly string[] = ['and', 'or', 'unless'];

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  // Go's, in which one to any power is one.
  '^': (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b),
  atan2: Math.atan2,
};

/** A binary operation at every time of the grid, by Prometheus' rules of matching. */
export const evaluateBinary = (binary: Binary, left: readonly Column[], right: readonly Column[]): Column[] => {
  const { operator, modifiers } = binary;
  const { isBool, isOn, labels: names, group, include } = modifiers;
  const compare = comparisons[operator];
  const apply = (a: number, b: number, kept = a): number | undefined => {
    if (compare === undefined) return arithmetic[operator]?.(a, b);
    return isBool ? Number(compare(a, b)) : compare(a, b) ? kept : undefined;
  };
  const named = (column: Column): Column => (isBool || /^[-+*/%^]$/.test(operator) ? nameless(column) : column);

  const [a, b] = [left[0]?.values ?? [], right[0]?.values ?? []];
  const toRight = (value: number, step: number) => apply(value, b[step] ?? 0);
  const toLeft = (value: number, step: number) => apply(a[step] ?? 0, value, value);
  if (binary.right.type === 'scalar') return distinct(left.map((column) => named(mapColumn(column, toRight))));
  if (binary.left.type === 'scalar') return distinct(right.map((column) => named(mapColumn(column, toLeft))));

  const ofGroup = (labels: Labels): Labels =>
    isOn ? keepLabels(labels, names) : dropLabels(labels, ['__name__', ...names]);
  const [lefts, rights] = [groupBy(left, ofGroup), groupBy(right, ofGroup)];
  const select = (columns: readonly Column[], others: typeof lefts, isWanted: boolean): Column[] =>
    columns.map((column) => {
      const { members = [] } = others.get(JSON.stringify(ofGroup(column.labels))) ?? {};
      return mapColumn(column, (value, step) => (presentAt(members, step).length > 0 === isWanted ? value : undefined));
    });
  if (operator === 'or') return distinct([...left, ...select(right, lefts, false)]);
  if (setOperators.includes(operator)) return select(left, rights, operator === 'and');

  const [many, manys, ones] = group === 'right' ? [right, rights, lefts] : [left, lefts, rights];
  const isTwice = (columns: readonly Column[], step: number): boolean => presentAt(columns, step).length > 1;
  const refuseTwo = (columns: readonly Column[], message: string): void => {
    const isAsked = ({ values }: Column) => values.some((value, at) => value !== undefined && isTwice(columns, at));
    if (columns.length > 1 && many.some(isAsked)) throw new PromqlError('execution', message);
  };
  for (const { members } of ones.values())
    refuseTwo(members, 'many-to-many matching not allowed: found duplicate series');
  const joinLabels = (labels: Labels, one: Labels): Labels => {
    if (group === undefined) return isOn ? keepLabels(labels, names) : dropLabels(labels, names);
    const added = include.map((name) => [name, one[name] ?? ''] as const);
    return toLabels([...Object.entries(dropLabels(labels, include)), ...added]);
  };
  const join = (column: Column, one: Column): Column => {
    const { values } = mapColumn(column, (value, step) => {
      const other = one.values[step];
      return other === undefined ? undefined : group === 'right' ? apply(other, value) : apply(value, other);
    });
    const joined = { labels: joinLabels(named(column).labels, one.labels), values };
    return isBool ? nameless(joined) : joined;
  };
  const results = [...manys].flatMap(([key, { members }]) => {
    const pairs = members.flatMap((column) => ones.get(key)?.members.map((one) => join(column, one)) ?? []);
    if (group === undefined) refuseTwo(pairs, 'multiple matches: many-to-one matching must be explicit');
    return pairs;
  });
  return distinct(results);
};
