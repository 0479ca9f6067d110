import type { SpanRecord } from '@glasshouse/telemetry/wire';
import type { StoreStats } from './logs.js';
import { createRing } from './ring.js';
import type { Fields, Scalar, Segment, Value } from './segment.js';

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
  isReferenced: (traceId: string) => boolean;
}

const maxTags = 128;
const tagPrefix = 'tag.';
const kind = `${tagPrefix}span.kind`;

/**
 * Spans, oldest trace out first. A trace falls out as a whole; one that an error record or an exemplar refers to moves
 * to a quarter of the room that is kept for such, and leaves it last.
 */
export const createSpanStore = ({ maxBytes, isReferenced }: SpanStoreOptions): SpanStore => {
  const counts = { received: 0, duplicate: 0, refused: 0, evicted: 0 };
  const timeField = 'startedAt';
  const kept = createRing({ timeField, maxBytes: maxBytes / 4, onEvict: (segment) => forget(segment, () => false) });
  const recent = createRing({
    timeField,
    maxBytes: maxBytes * 0.75,
    onEvict: (segment) => forget(segment, isReferenced),
  });
  const segments = (): Segment[] => [...kept.segments, ...recent.segments];

  const forget = (segment: Segment, isKept: (traceId: string) => boolean): void => {
    const gone = new Set<Scalar>();
    forEachRow(segment, segment.all(), (row) => {
      const traceId = textOf(segment, 'traceId', row);
      if (isKept(traceId)) return kept.add(segment.times[row] ?? 0, fieldsOf(segment, row));
      gone.add(traceId);
      counts.evicted++;
    });
    for (const other of segments()) counts.evicted += other.hide('traceId', gone);
  };

  const traces = (ids: readonly string[]): Map<string, SpanRecord[]> => {
    const wanted = new Set<Scalar>(ids);
    const found = new Map<string, Map<string, SpanRecord>>();
    for (const segment of segments()) {
      if (!segment.words('traceId').some((word) => wanted.has(word as Scalar))) continue;
      const mask = segment.match('traceId', (value) => wanted.has(value));
      forEachRow(segment, and(segment.all(), mask), (row) => {
        const span = spanOf(segment, row);
        const spans = found.get(span.traceId) ?? new Map<string, SpanRecord>();
        // A reporter that got no answer sends again, and a span may come by both protocols.
        const key = `${span.spanId} ${span.service} ${span.tags['span.kind'] ?? ''}`;
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
      if (tags.length > maxTags || !Number.isFinite(span.startedAt)) {
        counts.refused++;
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
      recent.add(span.startedAt, fields);
    },
    services: () => [...new Set(segments().flatMap((segment) => segment.words('service') as string[]))].sort(),
    operations(service) {
      const found = new Map<string, { name: string; spanKind: string }>();
      for (const segment of segments()) {
        forEachRow(
          segment,
          and(
            segment.all(),
            segment.match('service', (value) => value === service),
          ),
          (row) => {
            const operation = { name: textOf(segment, 'name', row), spanKind: textOf(segment, kind, row) };
            found.set(`${operation.name}\n${operation.spanKind}`, operation);
          },
        );
      }
      return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    find(query) {
      const latest = new Map<string, number>();
      for (const segment of segments()) {
        forEachRow(segment, matching(segment, query), (row) => {
          const traceId = textOf(segment, 'traceId', row);
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
      const children = new Map<string, { parent: string; child: string }>();
      for (const segment of segments()) {
        forEachRow(segment, segment.all(), (row) => {
          const spanId = textOf(segment, 'spanId', row);
          const child = textOf(segment, 'service', row);
          const at = segment.times[row] ?? 0;
          serviceOf.set(spanId, child);
          const parent = textOf(segment, 'parentId', row);
          if (parent !== '' && at >= start && at <= end) children.set(`${spanId} ${child}`, { parent, child });
        });
      }
      const links = new Map<string, { parent: string; child: string; callCount: number }>();
      for (const { parent: parentId, child } of children.values()) {
        const parent = serviceOf.get(parentId);
        if (parent === undefined || parent === child) continue;
        const key = `${parent}\n${child}`;
        const link = links.get(key) ?? { parent, child, callCount: 0 };
        link.callCount++;
        links.set(key, link);
      }
      return [...links.values()];
    },
    stats: () => ({
      ...counts,
      held: counts.received - counts.refused - counts.evicted,
      bytes: recent.bytes + kept.bytes,
    }),
  };
};

const and = (mask: Uint8Array, other: Uint8Array): Uint8Array => {
  for (let row = 0; row < mask.length; row++) if (other[row] === 0) mask[row] = 0;
  return mask;
};

const forEachRow = (segment: Segment, mask: Uint8Array, visit: (row: number) => void): void => {
  for (let row = 0; row < segment.rows; row++) if (mask[row] === 1) visit(row);
};

const matching = (segment: Segment, query: SpanQuery): Uint8Array => {
  const mask = and(
    segment.all(),
    segment.match('service', (value) => value === query.service),
  );
  and(
    mask,
    segment.match('startedAt', (at) => Number(at) >= query.start && Number(at) <= query.end),
  );
  if (query.name !== undefined)
    and(
      mask,
      segment.match('name', (value) => value === query.name),
    );
  const { minDurationUs = 0, maxDurationUs = Number.POSITIVE_INFINITY } = query;
  and(
    mask,
    segment.match('durationUs', (value) => Number(value) >= minDurationUs && Number(value) <= maxDurationUs),
  );
  for (const [key, text] of Object.entries(query.tags)) {
    const byTag = segment.match(tagPrefix + key, (value) => String(value) === text);
    const byLog = segment.match('logs', (logs) => hasLogField(String(logs), key, text));
    for (let row = 0; row < mask.length; row++) if (byTag[row] === 0 && byLog[row] === 0) mask[row] = 0;
  }
  return mask;
};

const hasLogField = (logs: string, key: string, text: string): boolean =>
  logs.includes(JSON.stringify(key)) &&
  (JSON.parse(logs) as SpanRecord['logs']).some(({ fields }) => key in fields && String(fields[key]) === text);

const textOf = (segment: Segment, field: string, row: number): string => {
  const value = segment.value(field, row);
  return typeof value === 'string' ? value : '';
};

const fieldsOf = (segment: Segment, row: number): Fields => {
  const fields: Record<string, Value | undefined> = {};
  for (const field of segment.fields) fields[field] = segment.stored(field, row);
  return fields;
};

const spanOf = (segment: Segment, row: number): SpanRecord => {
  const tags: SpanRecord['tags'] = {};
  for (const field of segment.fields) {
    const value = field.startsWith(tagPrefix) ? segment.stored(field, row) : undefined;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      tags[field.slice(tagPrefix.length)] = value;
    }
  }
  const logs = textOf(segment, 'logs', row);
  return {
    traceId: textOf(segment, 'traceId', row),
    spanId: textOf(segment, 'spanId', row),
    parentId: textOf(segment, 'parentId', row) || undefined,
    followsFrom: segment.value('followsFrom', row) as string[] | undefined,
    service: textOf(segment, 'service', row),
    name: textOf(segment, 'name', row),
    startedAt: segment.times[row] ?? 0,
    durationUs: Number(segment.value('durationUs', row) ?? 0),
    tags,
    logs: logs === '' ? [] : (JSON.parse(logs) as SpanRecord['logs']),
  };
};
