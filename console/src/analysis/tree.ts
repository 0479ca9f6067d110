import { endOf, type Span, type Trace } from './trace.js';

/** A span at its place in the trace. */
export interface SpanNode {
  readonly span: Span;
  /** Undefined at a root. */
  readonly parent: SpanNode | undefined;
  /** In the order of their start. */
  readonly children: readonly SpanNode[];
  /** 0 at a root. */
  readonly depth: number;
  /** It names a parent that is not in the trace: not sent yet, lost, or never recorded. */
  readonly isOrphan: boolean;
  /**
   * How far the span lies outside of the parent that waited for it, in microseconds: negative if it starts before its
   * parent, positive if a callee ends after its caller has the answer. 0 within. Two clocks differ by at least that
   * much, or the caller gave up; times are shown as they were told, not moved.
   */
  readonly skewUs: number;
}

export interface TraceTree {
  /** In the order of their start. A whole trace has one. */
  readonly roots: readonly SpanNode[];
  readonly nodes: ReadonlyMap<string, SpanNode>;
}

interface Growing {
  span: Span;
  parent: Growing | undefined;
  children: Growing[];
  depth: number;
  isOrphan: boolean;
  skewUs: number;
}

/** What clocks of one machine differ by between two readings, and what an answer takes to be told as sent; microseconds. */
const tolerance = { earlyUs: 1_000, lateUs: 20_000 };

/**
 * Puts each span below its parent. A span whose parent is missing, or that would be its own ancestor, becomes a root;
 * of two spans with one id (a server that shares its client's, as Zipkin allows) the later one is the child.
 */
export const buildTree = (trace: Trace): TraceTree => {
  const nodes = new Map<string, Growing>();
  const all = trace.spans.map((span): Growing => {
    const node = { span, parent: undefined, children: [], depth: 0, isOrphan: false, skewUs: 0 };
    const key = nodes.has(span.spanId) ? sharedKey(span) : span.spanId;
    nodes.set(key, node);
    return node;
  });
  for (const node of all) {
    const twin = nodes.get(node.span.spanId);
    const parent = twin === node ? findParent(nodes, node) : twin;
    if (parent === undefined || isAbove(node, parent)) node.isOrphan = node.span.parentId !== undefined;
    else {
      node.parent = parent;
      parent.children.push(node);
    }
  }
  const roots = all.filter(({ parent }) => parent === undefined);
  const stack = [...roots];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const child of node.children) {
      child.depth = node.depth + 1;
      child.skewUs = skewOf(child.span, node.span);
      stack.push(child);
    }
  }
  return { roots, nodes };
};

const sharedKey = ({ spanId, service }: Span): string => `${spanId} ${service}`;

const findParent = (nodes: ReadonlyMap<string, Growing>, { span }: Growing): Growing | undefined => {
  if (span.parentId === undefined) return undefined;
  // Where caller and callee share an id, the callee's own spans name the id of both.
  return nodes.get(`${span.parentId} ${span.service}`) ?? nodes.get(span.parentId);
};

const isAbove = (node: Growing, start: Growing): boolean => {
  for (let at: Growing | undefined = start; at !== undefined; at = at.parent) if (at === node) return true;
  return false;
};

const skewOf = (span: Span, parent: Span): number => {
  const early = parent.startUs - span.startUs;
  if (early > tolerance.earlyUs) return -early;
  // Only a caller waits for its callee; work that goes on after an answer is no matter of clocks.
  const late = endOf(span) - endOf(parent);
  const isCall = parent.tags['span.kind'] === 'client' && span.tags['span.kind'] === 'server';
  return isCall && late > tolerance.lateUs ? late : 0;
};

/** The nodes depth-first, so that a reader follows a call before its next sibling. */
export const inReadingOrder = (tree: TraceTree): SpanNode[] => {
  const rows: SpanNode[] = [];
  const stack = tree.roots.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    rows.push(node);
    stack.push(...node.children.toReversed());
  }
  return rows;
};

/** The root that the request began with: of several the one that is not an orphan and starts first. */
export const mainRoot = (tree: TraceTree): SpanNode | undefined =>
  tree.roots.find(({ isOrphan }) => !isOrphan) ?? tree.roots[0];
