import type { SpanRecord } from '@glasshouse/telemetry/wire';
import type { StoreStats } from './logs.js';
import { createRing } from './ring.js';
import type { Scalar, Segment, Value } from './segment.js';
import { fieldsOf, matching, processPrefix, spanReader, tagPrefix, textReader } from './span-rows.js';

export interface SpanQuery {
  service: string;
  name?: string | undefined;
  /** All of them on one span: among its tags, or in one of its logs. Values are compared as text. */
  tags: Readonly<Record<string, string>>;
  minDurationUs?: number | undefined;
  maxDurationUs?: number | undefined;
  /** Epoch microseconds, inclusive. */
  start: number;
  end: number;
  limit: number;
}

export interface SpanStore {
  add(span: SpanRecord): void;
  services(): string[];
  /** Distinct operations of a service with their `span.kind`, empty if it has none. */
  operations(service: string): { name: string; spanKind: string }[];
  /** The traces that have a matching span, the one that started last first. */
  find(query: SpanQuery): SpanRecord[][];
  traces(ids: readonly string[]): Map<string, SpanRecord[]>;
  /** Calls from service to service among the spans of this time. */
  dependencies(start: number, end: number): { parent: string; child: string; callCount: number }[];
  stats(): StoreStats;
}

export interface SpanStoreOptions {
  maxBytes: number;
  /** Asked when traces have to leave: which of them somebody may still want to see. */
  referenced: () => (traceId: string) => boolean;
}

const maxTags = 128;
/** A reporter that got no answer sends its batch of at most 500 again within seconds; nobody sends older spans again. */
const maxRemembered = 20_000;

/**
 * Spans, oldest trace out first. A trace falls out as a whole; one that an error record or an exemplar refers to moves
 * to a quarter of the room that is kept for such, and leaves it last.
 */
export const createSpanStore = ({ maxBytes, referenced }: SpanStoreOptions): SpanStore => {
  const counts = { received: 0, duplicate: 0, refused: 0, evicted: 0 };
  const lately = new Set<string>();
  const timeField = 'startedAt';
  const kept = createRing({ timeField, maxBytes: maxBytes / 4, onEvict: (segment) => forget(segment, () => false) });
  const recent = createRing({
    timeField,
    maxBytes: maxBytes * 0.75,
    onEvict: (segment) => forget(segment, referenced()),
  });
  const segments = (): Segment[] => [...kept.segments, ...recent.segments];

  const forget = (segment: Segment, isKept: (traceId: string) => boolean): void => {
    const gone = new Set<Scalar>();
    const traceIdOf = textReader(segment, 'traceId');
    segment.forEach(segment.all(), (row) => {
      const traceId = traceIdOf(row);
      if (isKept(traceId)) return kept.add(segment.times[row] ?? 0, fieldsOf(segment, row));
      gone.add(traceId);
      counts.evicted++;
    });
    for (const other of segments()) counts.evicted += other.hide('traceId', gone);
  };

  const isAgain = ({ traceId, spanId, service }: SpanRecord): boolean => {
    const key = traceId + spanId + service;
    if (lately.has(key)) return true;
    lately.add(key);
    const [oldest] = lately.size > maxRemembered ? lately : [];
    if (oldest !== undefined) lately.delete(oldest);
    return false;
  };

  const traces = (ids: readonly string[]): Map<string, SpanRecord[]> => {
    const wanted = new Set<Scalar>(ids);
    const found = new Map<string, Map<string, SpanRecord>>();
    for (const segment of segments()) {
      if (!segment.words('traceId').some((word) => wanted.has(word as Scalar))) continue;
      const mask = segment.match('traceId', (value) => wanted.has(value));
      const read = spanReader(segment);
      segment.forEach(mask, (row) => {
        const span = read(row);
        const spans = found.get(span.traceId) ?? new Map<string, SpanRecord>();
        // One that came again long after, or was moved to `kept` between two reads.
        const key = `${span.spanId} ${span.service}`;
        if (!spans.has(key)) spans.set(key, span);
        found.set(span.traceId, spans);
      });
    }
    const byStart = (a: SpanRecord, b: SpanRecord): number => a.startedAt - b.startedAt;
    return new Map([...found].map(([id, spans]) => [id, [...spans.values()].sort(byStart)]));
  };

  return {
    traces,
    add(span) {
      counts.received++;
      const tags = Object.entries(span.tags);
      if (tags.length + Object.keys(span.processTags ?? {}).length > maxTags || !Number.isFinite(span.startedAt)) {
        counts.refused++;
        return;
      }
      if (isAgain(span)) {
        counts.duplicate++;
        return;
      }
      const fields: Record<string, Value | undefined> = {
        traceId: span.traceId,
        spanId: span.spanId,
        parentId: span.parentId,
        service: span.service,
        name: span.name,
        durationUs: span.durationUs,
        followsFrom: span.followsFrom,
        logs: span.logs.length > 0 ? JSON.stringify(span.logs) : undefined,
      };
      for (const [key, value] of tags) fields[tagPrefix + key] = value;
      for (const [key, value] of Object.entries(span.processTags ?? {})) fields[processPrefix + key] = value;
      recent.add(span.startedAt, fields);
    },
    services: () => [...new Set(segments().flatMap((segment) => segment.words('service') as string[]))].sort(),
    operations(service) {
      const found = new Map<string, { name: string; spanKind: string }>();
      for (const segment of segments()) {
        const [name, spanKind] = [textReader(segment, 'name'), textReader(segment, `${tagPrefix}span.kind`)];
        segment.forEach(
          segment.match('service', (value) => value === service),
          (row) => {
            const operation = { name: name(row), spanKind: spanKind(row) };
            found.set(`${operation.name}\n${operation.spanKind}`, operation);
          },
        );
      }
      return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    find(query) {
      const latest = new Map<string, number>();
      for (const segment of segments()) {
        const traceIdOf = textReader(segment, 'traceId');
        segment.forEach(matching(segment, query), (row) => {
          const traceId = traceIdOf(row);
          latest.set(traceId, Math.max(latest.get(traceId) ?? 0, segment.times[row] ?? 0));
        });
      }
      const ids = [...latest]
        .sort((a, b) => b[1] - a[1])
        .map(([id]) => id)
        .slice(0, query.limit);
      const found = traces(ids);
      return ids.flatMap((id) => [found.get(id) ?? []]);
    },
    dependencies(start, end) {
      const serviceOf = new Map<string, string>();
      for (const segment of segments()) {
        const [spanId, service] = [textReader(segment, 'spanId'), textReader(segment, 'service')];
        segment.forEach(segment.all(), (row) => serviceOf.set(spanId(row), service(row)));
      }
      const links = new Map<string, { parent: string; child: string; callCount: number }>();
      const seen = new Set<string>();
      for (const segment of segments()) {
        const [spanId, service] = [textReader(segment, 'spanId'), textReader(segment, 'service')];
        const parentId = textReader(segment, 'parentId');
        segment.forEach(segment.all(), (row) => {
          const at = segment.times[row] ?? 0;
          const parent = serviceOf.get(parentId(row));
          const child = service(row);
          if (parent === undefined || parent === child || at < start || at > end || seen.has(spanId(row))) return;
          seen.add(spanId(row));
          const link = links.get(`${parent}\n${child}`) ?? { parent, child, callCount: 0 };
          link.callCount++;
          links.set(`${parent}\n${child}`, link);
        });
      }
      return [...links.values()];
    },
    stats: () => ({
      ...counts,
      held: counts.received - counts.duplicate - counts.refused - counts.evicted,
      bytes: recent.bytes + kept.bytes,
    }),
  };
};
