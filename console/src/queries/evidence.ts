import { errorsInCausalOrder, firstError, type TraceError } from '../analysis/causes.js';
import { type LogLine, textField } from '../analysis/log-line.js';
import { endOf, type Trace, textTag } from '../analysis/trace.js';
import { buildTree, mainRoot } from '../analysis/tree.js';
import type { Evidence } from '../analysis/why/evidence.js';
import { readSubjects, type Subject, subjectNames } from '../analysis/why/subject.js';
import { type Backend, BackendError } from './backend-error.js';
import { type ElasticsearchClient, oldestFirst, type Query } from './elasticsearch.js';
import type { JaegerClient } from './jaeger.js';
import type { PrometheusClient } from './prometheus.js';
import type { RequestOptions } from './request-json.js';
import { alertsAt, breakersAt } from './state-at.js';

export interface EvidenceClients {
  readonly jaeger: JaegerClient;
  readonly elasticsearch: ElasticsearchClient;
  readonly prometheus: PrometheusClient;
}

const hourUs = 3_600_000_000;
const maxLines = 1_000;
/** A recovery tries for hours if it must; the first and the latest tell enough. */
const maxTraces = 30;

/** Jaeger finds by a tag only within one service; these put the ids on their spans. */
const serviceOf: Readonly<Record<Subject['kind'], string>> = {
  trace: '',
  request: 'gateway',
  'order-number': 'order',
  'order-id': 'order',
};

const fieldOf: Readonly<Record<Subject['kind'], string>> = {
  trace: 'trace.id',
  request: 'request.id',
  'order-number': 'glasshouse.order.number',
  'order-id': 'glasshouse.order.id',
};

/**
 * Collects everything about what was pasted (a trace id, request id, order number or id, or a header with one) from the
 * three backends. One that is down is named in the evidence, and the others are asked all the same.
 */
export const gatherEvidence = async (
  clients: EvidenceClients,
  text: string,
  { nowMs = Date.now(), ...options }: RequestOptions & { readonly nowMs?: number } = {},
): Promise<Evidence> => {
  const failures = new Map<Backend, string>();
  /** An answer, or the fallback if the backend gives none; an abort by the caller ends everything. */
  const orElse = async <T>(question: Promise<T>, fallback: T): Promise<T> => {
    try {
      return await question;
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      failures.set(error.backend, error.message);
      return fallback;
    }
  };
  const { jaeger, elasticsearch } = clients;
  const searchLines = (query: Query, size = maxLines): Promise<LogLine[]> =>
    orElse(
      elasticsearch.search({ query, size, sort: oldestFirst }, options).then(({ lines }) => lines),
      [],
    );
  const searchTraces = (search: Omit<Parameters<JaegerClient['traces']>[0], 'endUs'>): Promise<Trace[]> =>
    orElse(jaeger.traces({ endUs: (nowMs + 60_000) * 1_000, ...search }, options), []);
  const fetchTraces = (ids: readonly string[]): Promise<Trace[]> =>
    Promise.all(ids.map((id) => orElse(jaeger.trace(id, options), undefined))).then((found) =>
      found.filter((trace) => trace !== undefined),
    );

  const find = async ({ kind, id }: Subject): Promise<{ traces: Trace[]; lines: LogLine[] }> => {
    const tagged =
      kind === 'trace'
        ? fetchTraces([id])
        : searchTraces({
            service: serviceOf[kind],
            tags: { [fieldOf[kind]]: id },
            startUs: nowMs * 1_000 - 48 * hourUs,
            limit: maxTraces,
          });
    const [traces, lines] = await Promise.all([tagged, searchLines({ term: { [fieldOf[kind]]: id } })]);
    const known = new Set(traces.map(({ traceId }) => traceId));
    const others = unique(lines.flatMap(({ traceId }) => traceId ?? [])).filter((traceId) => !known.has(traceId));
    return { traces: [...traces, ...(await fetchTraces(firstAndLast(others, maxTraces)))], lines };
  };

  /** Recoveries, repeats and cancellations of the same order. */
  const findRelated = async (traces: readonly Trace[], lines: readonly LogLine[]): Promise<Trace[]> => {
    const orderId = orderIdOf(traces, lines);
    if (orderId === '') return [];
    const startUs = Math.min(...traces.map((trace) => trace.startUs), nowMs * 1_000) - hourUs;
    return searchTraces({ service: 'order', tags: { [fieldOf['order-id']]: orderId }, startUs, limit: maxTraces });
  };

  const looked: string[] = [];
  for (const subject of readSubjects(text)) {
    looked.push(`${subjectNames[subject.kind]} ${subject.id}`);
    const direct = await find(subject);
    if (direct.traces.length === 0 && direct.lines.length === 0) continue;
    const related = await findRelated(direct.traces, direct.lines);
    const traces = inOrder(subject, [...direct.traces, ...related]);
    const ids = unique([
      ...traces.map(({ traceId }) => traceId),
      ...direct.lines.flatMap(({ traceId }) => traceId ?? []),
    ]);
    const momentMs = (traces[0] && endOfWork(traces[0]) / 1_000) ?? direct.lines[0]?.atMs ?? nowMs;
    const first = findFirstError(traces);
    const [lines, around, breakers, alerts, similar, peers] = await Promise.all([
      searchLines({ terms: { 'trace.id': ids } }),
      searchLines(aroundQuery(momentMs, ids), 200),
      orElse(breakersAt(clients.prometheus, momentMs, nowMs, options), []),
      orElse(alertsAt(clients.prometheus, momentMs, nowMs, options), []),
      first === undefined ? [] : searchTraces({ ...toSearch(first), startUs: nowMs * 1_000 - hourUs, limit: 100 }),
      traces[0] === undefined ? [] : searchTraces(peersOf(traces[0])),
    ]);
    return {
      ...{ text, subject, looked, traces, breakers, alerts, similar, around },
      peers: peers.filter(({ traceId }) => !ids.includes(traceId)),
      lines: lines.length > 0 ? lines : direct.lines,
      areLinesCut: lines.length >= maxLines,
      unavailable: toList(failures),
    };
  }
  const nothing = {
    traces: [],
    lines: [],
    areLinesCut: false,
    around: [],
    breakers: [],
    alerts: [],
    similar: [],
    peers: [],
  };
  return { ...nothing, text, subject: undefined, looked, unavailable: toList(failures) };
};

const toList = (failures: ReadonlyMap<Backend, string>): Evidence['unavailable'] =>
  [...failures].map(([backend, message]) => ({ backend, message }));

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];

const firstAndLast = <T>(items: readonly T[], count: number): T[] =>
  items.length <= count ? [...items] : [...items.slice(0, count / 2), ...items.slice(-count / 2)];

const orderIdOf = (traces: readonly Trace[], lines: readonly LogLine[]): string => {
  const name = fieldOf['order-id'];
  for (const { spans } of traces) for (const span of spans) if (textTag(span, name) !== '') return textTag(span, name);
  return lines.map((line) => textField(line, name)).find((id) => id !== '') ?? '';
};

/** A trace that was asked for stands first; of an order's, the one that it began with. Each once, the rest by time. */
const inOrder = ({ kind, id }: Subject, traces: readonly Trace[]): Trace[] => {
  const byId = new Map(traces.map((trace) => [trace.traceId, trace]));
  const sorted = [...byId.values()].sort((a, b) => a.startUs - b.startUs);
  const asked = (trace: Trace): boolean =>
    kind === 'trace'
      ? trace.traceId === id
      : kind === 'request' && trace.spans.some((span) => textTag(span, fieldOf.request) === id);
  return [...sorted.filter(asked), ...sorted.filter((trace) => !asked(trace))];
};

const endOfWork = (trace: Trace): number => {
  const root = mainRoot(buildTree(trace));
  return root === undefined ? trace.startUs + trace.durationUs : endOf(root.span);
};

const findFirstError = (traces: readonly Trace[]): TraceError | undefined => {
  for (const trace of traces) {
    const error = firstError(errorsInCausalOrder(buildTree(trace)));
    if (error !== undefined) return error;
  }
  return undefined;
};

const toSearch = ({ node: { span } }: TraceError) => ({
  service: span.service,
  operation: span.name,
  tags: { error: 'true' },
});

const peersOf = (trace: Trace) => {
  const { service = '', name = '' } = mainRoot(buildTree(trace))?.span ?? {};
  return { service, operation: name, startUs: trace.startUs - hourUs, limit: 50 };
};

/** Warnings and errors from half a minute before until ten seconds after, other than those of these traces. */
const aroundQuery = (momentMs: number, ids: readonly string[]): Query => ({
  bool: {
    filter: [
      { terms: { 'log.level': ['warn', 'error'] } },
      { range: { '@timestamp': { gte: Math.floor(momentMs - 30_000), lte: Math.ceil(momentMs + 10_000) } } },
    ],
    must_not: [{ terms: { 'trace.id': ids } }],
  },
});
