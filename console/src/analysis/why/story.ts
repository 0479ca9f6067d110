import { type LogLine, textField } from '../log-line.js';
import { endOf, type Trace, textTag } from '../trace.js';
import { buildTree, inReadingOrder } from '../tree.js';
import { lineAtUs } from '../waterfall.js';

/** One thing that happened: a fact of a log line, or a step of the work from its span. */
export interface StoryEntry {
  readonly kind: 'fact' | 'step';
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly service: string;
  readonly text: string;
  readonly level: string;
  /** The fact's or step's name. */
  readonly name: string;
  readonly code: string;
  readonly isError: boolean;
  /** Microseconds; of a step. */
  readonly durationUs?: number;
  readonly traceId: string;
  readonly spanId: string;
  /** 1, or how many of the same followed each other; then `untilMs` is the last one's time. */
  readonly count: number;
  readonly untilMs: number;
}

/**
 * What happened, in order. Of the trace that it is about all facts and steps; of the others about the same order the
 * facts that moved it. An access log line stands only where it says more than the others: a refusal, or the answer.
 */
export const tellStory = (traces: readonly Trace[], lines: readonly LogLine[]): StoryEntry[] => {
  const focusId = traces[0]?.traceId ?? lines[0]?.traceId ?? '';
  const rootSpanIds = new Set(traces.flatMap((trace) => buildTree(trace).roots.map(({ span }) => span.spanId)));
  const failedSpanIds = new Set(lines.filter(({ fact }) => fact === 'http.error').map(({ spanId }) => spanId));
  const isTold = (line: LogLine): boolean => {
    if (line.level === 'debug' || line.fact === '') return false;
    const isFocus = line.traceId === focusId;
    if (line.fact !== 'http.request') return isFocus || line.fact !== 'http.error';
    if (!isFocus) return false;
    if (rootSpanIds.has(line.spanId ?? '')) return true;
    return Number(line.fields['http.response.status_code']) >= 400 && !failedSpanIds.has(line.spanId);
  };
  const spanOf = new Map(traces.flatMap(({ spans }) => spans.map((span) => [span.spanId, span])));
  const facts = lines
    .filter(isTold)
    .map((line) => ({ entry: toFact(line), atMs: lineAtUs(line, spanOf.get(line.spanId ?? '')) / 1_000 }));
  const focus = traces.find(({ traceId }) => traceId === focusId);
  const steps = (focus === undefined ? [] : toSteps(focus)).map((entry) => ({ entry, atMs: entry.atMs }));
  return mergeRepeats([...steps, ...facts].sort((a, b) => a.atMs - b.atMs).map(({ entry }) => entry));
};

const toFact = (line: LogLine): StoryEntry => ({
  kind: 'fact',
  atMs: line.atMs,
  service: line.service,
  text: line.message,
  level: line.level,
  name: line.fact,
  code: textField(line, 'error.code'),
  isError: line.level === 'error' || line.level === 'warn',
  traceId: line.traceId ?? '',
  spanId: line.spanId ?? '',
  count: 1,
  untilMs: line.atMs,
});

/** Spans that a service names itself, as the steps of an order: neither calls nor requests, nor a library's. */
const toSteps = (trace: Trace): StoryEntry[] =>
  inReadingOrder(buildTree(trace))
    .map(({ span }) => span)
    .filter((span) => textTag(span, 'span.kind') === 'internal' && span.tags.component === undefined)
    .map((span) => ({
      kind: 'step',
      atMs: span.startUs / 1_000,
      service: span.service,
      text: span.name,
      level: '',
      name: span.name,
      code: '',
      isError: span.isError,
      durationUs: span.durationUs,
      traceId: trace.traceId,
      spanId: span.spanId,
      count: 1,
      untilMs: endOf(span) / 1_000,
    }));

/** A recovery that tries again and again says the same each time; it is told once, with how often. */
const mergeRepeats = (entries: readonly StoryEntry[]): StoryEntry[] => {
  const told: StoryEntry[] = [];
  for (const entry of entries) {
    const last = told.at(-1);
    const isSame =
      last?.kind === 'fact' && last.name === entry.name && last.text === entry.text && last.service === entry.service;
    if (isSame) told[told.length - 1] = { ...last, count: last.count + 1, untilMs: entry.atMs };
    else told.push(entry);
  }
  return told;
};
