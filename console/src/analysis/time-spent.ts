import { criticalPath, type PathSegment } from './critical-path.js';
import { endOf, type Span } from './trace.js';
import type { SpanNode, TraceTree } from './tree.js';

/**
 * What a service did in a stretch of time. `network`: a caller waits and its callee does not work yet or any more;
 * `pause`: before another attempt; `own`: its own code, or nothing that a span tells of.
 */
export type TimeKind = 'database' | 'cache' | 'network' | 'thread' | 'pause' | 'own';

export const kindNames: Readonly<Record<TimeKind, string>> = {
  database: 'database',
  cache: 'cache',
  network: 'network and waiting',
  thread: 'waiting for a thread',
  pause: 'pause before another attempt',
  own: 'own work',
};

export interface TimeShare<Name extends string> {
  readonly name: Name;
  readonly us: number;
  /** 0 to 1 of the whole. */
  readonly share: number;
}

export interface TimeSpent {
  /** Duration of the request: what the shares are shares of. */
  readonly totalUs: number;
  readonly byService: readonly TimeShare<string>[];
  readonly byKind: readonly TimeShare<TimeKind>[];
  /** The spans that took most of it themselves. */
  readonly bySpan: readonly (TimeShare<string> & { readonly span: Span })[];
}

/** Divides the request's duration among services, kinds of work and spans: each moment belongs to one of them. */
export const timeSpent = (tree: TraceTree): TimeSpent => {
  const path = criticalPath(tree);
  const totalUs = path.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);
  const sumBy = <Name extends string>(nameOf: (segment: PathSegment) => Name): TimeShare<Name>[] => {
    const sums = new Map<Name, number>();
    for (const segment of path) {
      const name = nameOf(segment);
      sums.set(name, (sums.get(name) ?? 0) + segment.toUs - segment.fromUs);
    }
    return [...sums]
      .map(([name, us]) => ({ name, us, share: totalUs === 0 ? 0 : us / totalUs }))
      .sort((a, b) => b.us - a.us);
  };
  const spans = new Map(path.map(({ spanId, node }) => [spanId, node.span]));
  return {
    totalUs,
    byService: sumBy(({ node }) => node.span.service),
    byKind: sumBy(kindOfSegment),
    bySpan: sumBy(({ spanId }) => spanId).flatMap((share) => {
      const span = spans.get(share.name);
      return span === undefined ? [] : [{ ...share, span }];
    }),
  };
};

const kindOfSegment = ({ node, toUs }: PathSegment): TimeKind => {
  const next = node.children.find(({ span }) => span.startUs === toUs);
  return next !== undefined && isRepeat(next.span) ? 'pause' : kindOf(node.span);
};

/** Another attempt at a call that failed (OpenTracing's word, then OpenTelemetry's). */
export const isRepeat = ({ tags }: Span): boolean =>
  Number(tags['http.resend_count'] ?? tags['http.request.resend_count'] ?? 0) > 0;

/** What a span's own time is spent on. */
export const kindOf = ({ tags, name }: Span): TimeKind => {
  if (tags.component === 'cache' || name.startsWith('cache.')) return 'cache';
  if (tags['db.type'] !== undefined || tags['db.system'] !== undefined) return 'database';
  // Who started a thread's work only waits; the work is a span of its own.
  if (tags.component === 'worker_threads' && tags['thread.id'] === undefined) return 'thread';
  return tags['span.kind'] === 'client' || tags['span.kind'] === 'producer' ? 'network' : 'own';
};

/** The part of a span in which none of its children was running, in microseconds. */
export const selfTimeUs = ({ span, children }: SpanNode): number => {
  let coveredUs = 0;
  let reachedUs = span.startUs;
  for (const child of children) {
    const fromUs = Math.max(reachedUs, child.span.startUs);
    const toUs = Math.min(endOf(child.span), endOf(span));
    if (toUs <= fromUs) continue;
    coveredUs += toUs - fromUs;
    reachedUs = toUs;
  }
  return span.durationUs - coveredUs;
};
