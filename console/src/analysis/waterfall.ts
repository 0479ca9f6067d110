import type { LogLine } from './log-line.js';
import type { Span } from './trace.js';
import type { SpanNode, TraceTree } from './tree.js';

export interface SpanRow {
  readonly kind: 'span';
  readonly id: string;
  readonly node: SpanNode;
  readonly depth: number;
  readonly hasBelow: boolean;
  readonly isCollapsed: boolean;
  /** Errors among the rows that it hides. */
  readonly hiddenErrors: number;
}

export interface LogRow {
  readonly kind: 'log';
  readonly id: string;
  readonly line: LogLine;
  readonly depth: number;
  /** Epoch microseconds. */
  readonly atUs: number;
}

export type WaterfallRow = SpanRow | LogRow;

export interface WaterfallOptions {
  /** Ids of spans whose rows below are not shown. */
  readonly collapsed: ReadonlySet<string>;
}

/**
 * Log lines tell milliseconds, spans microseconds: a line is not older than the span that wrote it. Epoch microseconds.
 */
export const lineAtUs = (line: LogLine, span: Span | undefined): number => {
  const atUs = line.atMs * 1_000;
  return span !== undefined && span.startUs > atUs && span.startUs < atUs + 1_000 ? span.startUs : atUs;
};

/**
 * A trace as rows: each span with its children below it, and each log line at its time among the children of the span
 * that wrote it. Lines of spans that are not there come last.
 */
export const toWaterfallRows = (
  tree: TraceTree,
  lines: readonly LogLine[],
  { collapsed }: WaterfallOptions,
): WaterfallRow[] => {
  const ownLines = new Map<string, LogLine[]>();
  for (const line of lines) {
    const id = tree.nodes.has(line.spanId ?? '') ? (line.spanId ?? '') : '';
    const group = ownLines.get(id);
    if (group === undefined) ownLines.set(id, [line]);
    else group.push(line);
  }
  const rows: WaterfallRow[] = [];
  type Item = SpanNode | LogRow;
  const atOf = (item: Item): number => ('kind' in item ? item.atUs : item.span.startUs);
  const below = (node: SpanNode): Item[] => {
    const logs = (ownLines.get(node.span.spanId) ?? []).map(toLogRow(node.depth + 1, node.span));
    return [...node.children, ...logs].sort((a, b) => atOf(a) - atOf(b));
  };
  // A stack instead of recursion: a trace may be deeper than a call stack.
  const stack: Item[] = tree.roots.toReversed();
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    if ('kind' in item) {
      rows.push(item);
      continue;
    }
    const items = below(item);
    const isCollapsed = items.length > 0 && collapsed.has(item.span.spanId);
    const hiddenErrors = isCollapsed ? countErrors(item) : 0;
    const row = { kind: 'span' as const, id: item.span.spanId, node: item, depth: item.depth };
    rows.push({ ...row, hasBelow: items.length > 0, isCollapsed, hiddenErrors });
    if (!isCollapsed) stack.push(...items.reverse());
  }
  return [...rows, ...(ownLines.get('') ?? []).map(toLogRow(0, undefined))];
};

const toLogRow =
  (depth: number, span: Span | undefined) =>
  (line: LogLine): LogRow => ({ kind: 'log', id: `log ${line.id}`, line, depth, atUs: lineAtUs(line, span) });

const countErrors = (node: SpanNode): number => {
  let errors = 0;
  const stack = [...node.children];
  for (let child = stack.pop(); child !== undefined; child = stack.pop()) {
    if (child.span.isError) errors++;
    stack.push(...child.children);
  }
  return errors;
};
