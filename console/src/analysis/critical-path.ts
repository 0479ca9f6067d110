import { endOf } from './trace.js';
import type { SpanNode, TraceTree } from './tree.js';
import { mainRoot } from './tree.js';

/** A stretch of time in which the whole request waited for the own work of this span. */
export interface PathSegment {
  readonly spanId: string;
  readonly node: SpanNode;
  /** Epoch microseconds. */
  readonly fromUs: number;
  readonly toUs: number;
}

/**
 * The chain of work that decides how long the request takes: from the end of the root backwards, always the child that
 * finished last before this point, then what led to its start. The segments follow each other without a gap and sum up
 * to the root's duration; making anything else faster would not help.
 *
 * After "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures" (Zhang et al., USENIX ATC 2022), and
 * as Jaeger marks it: a child that was still running when a later one began did not lead to it, and a child that ends
 * after its parent counts up to the parent's end. One that ends before its parent begins, by a clock that is off, is
 * left out.
 */
export const criticalPath = (tree: TraceTree): PathSegment[] => {
  const root = mainRoot(tree);
  if (root === undefined) return [];
  const segments: PathSegment[] = [];
  const rootEnd = endOf(root.span);
  // A stack of work instead of recursion: a trace may be deeper than a call stack.
  const work: Window[] = [{ node: root, fromUs: root.span.startUs, toUs: rootEnd, endUs: rootEnd }];
  for (let window = work.pop(); window !== undefined; window = work.pop()) {
    const { node, fromUs, toUs, endUs } = window;
    const child = lastFinished(window);
    const ownFromUs = child === undefined ? fromUs : Math.min(endOf(child.span), endUs);
    if (toUs > ownFromUs) segments.push({ spanId: node.span.spanId, node, fromUs: ownFromUs, toUs });
    if (child === undefined) continue;
    const childFromUs = Math.max(child.span.startUs, fromUs);
    work.push({ node, fromUs, toUs: childFromUs, endUs });
    // Taken out first: the child's part lies before what its parent did after it, and after what came before it.
    work.push({ node: child, fromUs: childFromUs, toUs: ownFromUs, endUs: ownFromUs });
  }
  return segments.reverse();
};

/** What is still to be explained of a span, and where the span ends as far as its parent is concerned. */
interface Window {
  readonly node: SpanNode;
  readonly fromUs: number;
  readonly toUs: number;
  readonly endUs: number;
}

const lastFinished = ({ node, fromUs, toUs, endUs }: Window): SpanNode | undefined => {
  let last: SpanNode | undefined;
  let lastEndUs = fromUs;
  for (const child of node.children) {
    const childEndUs = Math.min(endOf(child.span), endUs);
    const isBefore = child.span.startUs < toUs && childEndUs <= toUs;
    if (isBefore && childEndUs > lastEndUs) {
      last = child;
      lastEndUs = childEndUs;
    }
  }
  return last;
};
