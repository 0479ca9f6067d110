/** A span of a trace, as Jaeger's query API tells it, reduced to what a waterfall shows. Times in microseconds. */
export interface WaterfallSpan {
  readonly spanId: string;
  readonly parentId?: string | undefined;
  readonly service: string;
  readonly name: string;
  readonly startedAtUs: number;
  readonly durationUs: number;
  readonly isError: boolean;
}

export interface WaterfallLog {
  readonly spanId: string;
  readonly atUs: number;
  readonly service: string;
  readonly level: string;
  readonly message: string;
}

export interface WaterfallOptions {
  /** Characters per line. */
  readonly columns: number;
  readonly hasColors: boolean;
}

type Row = { readonly atUs: number } & (
  | { readonly span: WaterfallSpan; readonly depth: number }
  | { readonly log: WaterfallLog; readonly depth: number }
);

const barColumns = 30;

/**
 * Renders a trace as one line per span, children below their parent in the order of time, each with its bar on a
 * common time axis, and each log line at its time below the span that wrote it.
 */
export const renderWaterfall = (
  spans: readonly WaterfallSpan[],
  logs: readonly WaterfallLog[],
  { columns, hasColors }: WaterfallOptions,
): string => {
  const startUs = Math.min(...spans.map((span) => span.startedAtUs));
  const endUs = Math.max(...spans.map((span) => span.startedAtUs + span.durationUs));
  const paint = hasColors
    ? (code: number, text: string) => `\u001b[${code}m${text}\u001b[0m`
    : (_: number, text: string) => text;
  const labelColumns = Math.max(40, columns - barColumns - 28);
  const rows = toRows(spans, logs);
  return rows
    .map((row) => {
      const indent = '  '.repeat(row.depth);
      if ('log' in row) {
        const text = `${indent}· ${row.log.level.padEnd(5)} ${row.log.message}`;
        return paint(2, `${''.padEnd(10)}${fit(text, labelColumns)} ${toMs(row.log.atUs - startUs).padStart(10)}`);
      }
      const { span } = row;
      const mark = span.isError ? paint(31, '✗') : ' ';
      const bar = toBar(span, startUs, Math.max(1, endUs - startUs));
      const head = `${fit(span.service, 9)} ${fit(`${indent}${span.name}`, labelColumns)}`;
      return `${head} ${toMs(span.durationUs).padStart(10)} ${mark} ${paint(span.isError ? 31 : 36, bar)}`;
    })
    .join('\n');
};

/** Depth-first, so that a reader follows a call before its sibling; logs stand among the children by time. */
const toRows = (spans: readonly WaterfallSpan[], logs: readonly WaterfallLog[]): Row[] => {
  const ids = new Set(spans.map((span) => span.spanId));
  const children = groupBy(spans, (span) =>
    span.parentId !== undefined && ids.has(span.parentId) ? span.parentId : '',
  );
  const logsOf = groupBy(logs, (log) => (ids.has(log.spanId) ? log.spanId : ''));
  const below = (id: string, depth: number): Row[] => {
    const rows: Row[] = [
      ...(children.get(id) ?? []).map((span) => ({ atUs: span.startedAtUs, span, depth })),
      ...(logsOf.get(id) ?? []).map((log) => ({ atUs: log.atUs, log, depth })),
    ];
    rows.sort((a, b) => a.atUs - b.atUs);
    return rows.flatMap((row) => ('span' in row ? [row, ...below(row.span.spanId, depth + 1)] : [row]));
  };
  return below('', 0);
};

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};

const toBar = (span: WaterfallSpan, startUs: number, totalUs: number): string => {
  const from = Math.min(barColumns - 1, Math.floor(((span.startedAtUs - startUs) / totalUs) * barColumns));
  const length = Math.max(1, Math.round((span.durationUs / totalUs) * barColumns));
  return `${' '.repeat(from)}${'█'.repeat(Math.min(length, barColumns - from))}`;
};

const toMs = (us: number): string => `${(us / 1000).toFixed(1)} ms`;

const fit = (text: string, columns: number): string =>
  text.length > columns ? `${text.slice(0, columns - 1)}…` : text.padEnd(columns);
