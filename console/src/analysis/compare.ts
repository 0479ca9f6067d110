import type { Trace } from './trace.js';
import { buildTree, type SpanNode } from './tree.js';

export type Verdict = 'added' | 'missing' | 'slower' | 'faster' | 'same';

/** The spans of one trace that stand at one place: below the same callers, of the same service and operation. */
export interface PathFigures {
  readonly count: number;
  /** The sum of their durations in microseconds. */
  readonly us: number;
  readonly errors: number;
  /** The first of them. */
  readonly spanId: string;
}

export interface ComparedPath {
  readonly key: string;
  readonly service: string;
  readonly name: string;
  readonly depth: number;
  /** Undefined: not in the first trace. */
  readonly a: PathFigures | undefined;
  /** Undefined: not in the second trace. */
  readonly b: PathFigures | undefined;
  readonly verdict: Verdict;
}

/** What differs by less is noise of the machine. */
const notable = { us: 1_000, ratio: 1.2 };

/**
 * Lays the second trace over the first: spans of the same service and operation below the same callers are compared
 * with each other, however often and in whatever order they come. In reading order.
 */
export const compareTraces = (a: Trace, b: Trace): ComparedPath[] => {
  const rows: ComparedPath[] = [];
  const walk = (first: readonly SpanNode[], second: readonly SpanNode[], depth: number, above: string): void => {
    const [groupsA, groupsB] = [groupByPath(first), groupByPath(second)];
    for (const path of inMergedOrder([...groupsA.keys()], [...groupsB.keys()])) {
      const [inA, inB] = [groupsA.get(path) ?? [], groupsB.get(path) ?? []];
      const { service = '', name = '' } = (inA[0] ?? inB[0])?.span ?? {};
      const figures = { a: toFigures(inA), b: toFigures(inB) };
      const key = `${above}/${path}`;
      rows.push({ key, service, name, depth, ...figures, verdict: judge(figures.a, figures.b) });
      walk(childrenOf(inA), childrenOf(inB), depth + 1, key);
    }
  };
  walk(buildTree(a).roots, buildTree(b).roots, 0, '');
  return rows;
};

const childrenOf = (nodes: readonly SpanNode[]): SpanNode[] => nodes.flatMap(({ children }) => children);

const groupByPath = (nodes: readonly SpanNode[]): Map<string, SpanNode[]> => {
  const groups = new Map<string, SpanNode[]>();
  for (const node of [...nodes].sort((x, y) => x.span.startUs - y.span.startUs)) {
    const path = `${node.span.service} ${node.span.name}`;
    const group = groups.get(path);
    if (group === undefined) groups.set(path, [node]);
    else group.push(node);
  }
  return groups;
};

/** Both orders are kept where they agree; what only the second has stands before what follows it there. */
const inMergedOrder = (first: readonly string[], second: readonly string[]): string[] => {
  const merged: string[] = [];
  let waiting = second.filter((path) => !first.includes(path));
  for (const path of first) {
    const at = second.indexOf(path);
    const before = at < 0 ? [] : waiting.filter((other) => second.indexOf(other) < at);
    merged.push(...before, path);
    waiting = waiting.filter((other) => !before.includes(other));
  }
  return [...merged, ...waiting];
};

const toFigures = (nodes: readonly SpanNode[]): PathFigures | undefined => {
  const [first] = nodes;
  if (first === undefined) return undefined;
  return {
    count: nodes.length,
    us: nodes.reduce((sum, { span }) => sum + span.durationUs, 0),
    errors: nodes.filter(({ span }) => span.isError).length,
    spanId: first.span.spanId,
  };
};

const judge = (a: PathFigures | undefined, b: PathFigures | undefined): Verdict => {
  if (a === undefined) return 'added';
  if (b === undefined) return 'missing';
  if (Math.abs(b.us - a.us) < notable.us) return 'same';
  if (b.us > a.us * notable.ratio) return 'slower';
  return a.us > b.us * notable.ratio ? 'faster' : 'same';
};
