import { dropLabels, keepLabels, type Labels, toLabels } from '../store/metrics-labels.js';
import { type Column, distinct, mapColumn } from './columns.js';
import { type Binary, PromqlError } from './types.js';

export const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

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

/** What stays of the left and of the right, given whether the other side has the same group at that time. */
export const setOperators: Readonly<Record<string, { left: (isMatched: boolean) => boolean; hasRight: boolean }>> = {
  and: { left: (isMatched) => isMatched, hasRight: false },
  unless: { left: (isMatched) => !isMatched, hasRight: false },
  or: { left: () => true, hasRight: true },
};

const nameless = (labels: Labels): Labels => dropLabels(labels, ['__name__']);
const refuse = (message: string): never => {
  throw new PromqlError('execution', message);
};

/** A binary operation at every time of the grid, by Prometheus' rules of matching. */
export const combine = (binary: Binary, left: readonly Column[], right: readonly Column[]): Column[] => {
  const { operator, isBool, matching } = binary;
  const { isOn, labels: names, group, include } = matching;
  const compare = comparisons[operator];
  const calculate = arithmetic[operator];
  const dropsName = isBool || (calculate !== undefined && operator !== 'atan2');
  const apply = (a: number, b: number, kept = a): number | undefined => {
    if (compare === undefined) return calculate?.(a, b);
    return isBool ? Number(compare(a, b)) : compare(a, b) ? kept : undefined;
  };
  const groupOf = ({ labels }: Column): string =>
    JSON.stringify(isOn ? keepLabels(labels, names) : dropLabels(labels, ['__name__', ...names]));
  const byGroup = (columns: readonly Column[]): Map<string, Column[]> => {
    const groups = new Map<string, Column[]>();
    for (const column of columns) groups.set(groupOf(column), [...(groups.get(groupOf(column)) ?? []), column]);
    return groups;
  };

  const withScalar = (): Column[] => {
    const isRight = binary.right.type === 'scalar';
    const scalar = (isRight ? right : left)[0]?.values ?? new Float64Array();
    const change = (value: number, step: number): number | undefined =>
      isRight ? apply(value, scalar[step] ?? 0) : apply(scalar[step] ?? 0, value, value);
    const columns = isRight ? left : right;
    return columns.map((column) => mapColumn(column, change, dropsName ? nameless(column.labels) : column.labels));
  };

  const sets = ({ left: isLeft, hasRight }: { left: (isMatched: boolean) => boolean; hasRight: boolean }): Column[] => {
    const select = (columns: readonly Column[], others: Map<string, Column[]>, test: (isMatched: boolean) => boolean) =>
      columns.map((column) => {
        const matches = others.get(groupOf(column)) ?? [];
        return mapColumn(column, (value, step) =>
          test(matches.some(({ has }) => has[step] === 1)) ? value : undefined,
        );
      });
    const added = hasRight ? select(right, byGroup(left), (isMatched) => !isMatched) : [];
    return [...select(left, byGroup(right), isLeft), ...added];
  };

  const resultLabels = (many: Column, one: Column): Labels => {
    const kept = dropsName ? nameless(many.labels) : many.labels;
    if (group === undefined) return isOn ? keepLabels(kept, names) : dropLabels(kept, names);
    const included = include.map((name) => [name, one.labels[name] ?? ''] as const);
    const all = toLabels([...Object.entries(dropLabels(kept, include)), ...included]);
    return isBool ? nameless(all) : all;
  };
  const isCrowded = (columns: readonly Column[], step: number): boolean =>
    columns.filter(({ has }) => has[step] === 1).length > 1;
  const vectors = (): Column[] => {
    const [manySide, oneSide] = group === 'right' ? [right, left] : [left, right];
    const ones = byGroup(oneSide);
    for (const column of manySide)
      for (const candidates of ones.values())
        if (candidates.length > 1 && column.has.some((has, step) => has === 1 && isCrowded(candidates, step)))
          refuse(
            'found duplicate series for the match group; many-to-many matching not allowed: matching labels must be unique on one side',
          );
    return [...byGroup(manySide)].flatMap(([key, manys]) => {
      const pairs = manys.flatMap((many) =>
        (ones.get(key) ?? []).map((one) => {
          const change = (value: number, step: number): number | undefined => {
            const other = one.values[step] ?? 0;
            if (one.has[step] !== 1) return undefined;
            return group === 'right' ? apply(other, value) : apply(value, other);
          };
          return mapColumn(many, change, resultLabels(many, one));
        }),
      );
      if (group === undefined && pairs[0]?.has.some((_, step) => isCrowded(pairs, step)))
        refuse('multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)');
      return pairs;
    });
  };

  if (binary.left.type === 'scalar' || binary.right.type === 'scalar') return distinct(withScalar());
  const set = setOperators[operator];
  return distinct(set ? sets(set) : vectors());
};
