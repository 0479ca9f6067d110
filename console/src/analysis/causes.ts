import { isRepeat } from './time-spent.js';
import { endOf, type Span, textTag } from './trace.js';
import { mainRoot, type SpanNode, type TraceTree } from './tree.js';

/**
 * What became of an error. `failed`: it went up to the request's own answer; `retried`: another attempt succeeded;
 * `absorbed`: somebody above went on without.
 */
export type Fate = 'failed' | 'absorbed' | 'retried';

export interface TraceError {
  readonly node: SpanNode;
  readonly fate: Fate;
  /** What the span itself says about it; empty where it says nothing. */
  readonly code: string;
  readonly message: string;
  /** The errors directly below that led to it. Without any it is an origin: nothing recorded explains it further. */
  readonly causes: readonly TraceError[];
}

/**
 * All errors of a trace, each after those that led to it. That is not the order of the clock: a caller fails after its
 * callee, whatever the two clocks say, and of two calls of one caller the caller's own clock tells which came first.
 */
export const errorsInCausalOrder = (tree: TraceTree): TraceError[] => {
  const errors: TraceError[] = [];
  const errorOf = new Map<SpanNode, TraceError>();
  for (const node of inOrderOfEnd(tree)) {
    if (!node.span.isError) continue;
    const causes = errorChildren(node).flatMap((child) => errorOf.get(child) ?? []);
    const error = { node, fate: fateOf(node, tree), causes, ...describe(node.span) };
    errorOf.set(node, error);
    errors.push(error);
  }
  return errors;
};

/**
 * The first error in the causal order: the deepest one that nothing below explains, of those that made the request fail
 * if it failed; else of those that somebody absorbed; else of those that another attempt made good.
 */
export const firstError = (errors: readonly TraceError[]): TraceError | undefined => {
  const origins = errors.filter(({ causes }) => causes.every(({ fate }) => fate === 'retried'));
  const first = (fate: Fate): TraceError | undefined => origins.find((error) => error.fate === fate);
  return first('failed') ?? first('absorbed') ?? first('retried');
};

/** Depth first, causes before what they cause, siblings as they came back to the one that called them. */
const inOrderOfEnd = (tree: TraceTree): SpanNode[] => {
  const byEnd = (nodes: readonly SpanNode[]): SpanNode[] => [...nodes].sort((a, b) => endOf(a.span) - endOf(b.span));
  // Built backwards, parents before children, and turned round: no recursion, for a trace may be deeper than a stack.
  const reversed: SpanNode[] = [];
  const stack = byEnd(tree.roots);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    reversed.push(node);
    stack.push(...byEnd(node.children));
  }
  return reversed.reverse();
};

/** Errors among the children, looking through spans that do not say how they ended. */
const errorChildren = (node: SpanNode): SpanNode[] => {
  const found: SpanNode[] = [];
  const stack = [...node.children];
  for (let child = stack.pop(); child !== undefined; child = stack.pop()) {
    if (child.span.isError) found.push(child);
    else if (!hasAnswered(child.span)) stack.push(...child.children);
  }
  return found.sort((a, b) => endOf(a.span) - endOf(b.span));
};

/** A call or a request that is no error has dealt with what failed below it; a step inside a process says nothing. */
const hasAnswered = (span: Span): boolean => {
  const kind = textTag(span, 'span.kind');
  return !span.isError && kind !== '' && kind !== 'internal';
};

const fateOf = (start: SpanNode, tree: TraceTree): Fate => {
  let node = start;
  for (;;) {
    if (node.span.isError && isMadeGood(node)) return 'retried';
    if (node.parent === undefined) break;
    node = node.parent;
    if (hasAnswered(node.span)) return 'absorbed';
  }
  // The way up may end at a span whose parent has not arrived; the request's own outcome decides.
  return (mainRoot(tree) ?? node).span.isError ? 'failed' : 'absorbed';
};

/**
 * Whether a later sibling did the same and succeeded. Where attempts are not numbered, two calls of the same name may
 * be about different things; then only a caller that did not fail proves it.
 */
const isMadeGood = ({ span, parent }: SpanNode): boolean =>
  parent?.children.some(
    ({ span: later }) =>
      later.startUs > span.startUs &&
      !later.isError &&
      later.service === span.service &&
      later.name === span.name &&
      textTag(later, 'http.route') === textTag(span, 'http.route') &&
      (isRepeat(later) || !parent.span.isError),
  ) ?? false;

/** What a span says about its error: an event in the words of OpenTracing or OpenTelemetry, or tags. */
const describe = (span: Span): { readonly code: string; readonly message: string } => {
  const fields = span.events
    .map((event) => event.fields)
    .find((each) => each.event === 'error' || 'exception.type' in each);
  const pick = (...names: readonly string[]): string => {
    for (const name of names) {
      const value = fields?.[name] ?? span.tags[name];
      if (value !== undefined && value !== '') return String(value);
    }
    return '';
  };
  return {
    code: pick('error.code', 'exception.type', 'error.kind', 'error.type'),
    message: pick('error.message', 'exception.message', 'message', 'otel.status_description'),
  };
};
