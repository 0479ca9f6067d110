import type { TraceSearch } from '../queries/jaeger.js';
import type { Span, Trace } from './trace.js';
import { buildTree, mainRoot } from './tree.js';

export interface TracePage {
  /** The newest first. */
  readonly traces: readonly Trace[];
  /** Epoch microseconds: the end of the page after this one; undefined if there is none. */
  readonly olderUs: number | undefined;
}

/**
 * A page of a search whose answers the backend limits to the newest. A trace belongs where its latest matching span
 * is, so that none is shown on two pages and none on no page.
 * @param endUs the end of the whole search; `search.endUs` is the end of this page
 */
export const toTracePage = (found: readonly Trace[], search: TraceSearch, endUs: number): TracePage => {
  const placed = found.map((trace) => ({ trace, atUs: latestMatch(trace, search, endUs) ?? trace.startUs }));
  const own = placed.filter(({ atUs }) => atUs <= search.endUs).sort((a, b) => b.atUs - a.atUs);
  const isFull = found.length >= search.limit;
  // The oldest match on this page, also of traces that belong to an earlier one: before it nothing was looked at.
  const oldestUs = Math.min(...found.map((trace) => latestMatch(trace, search, search.endUs) ?? trace.startUs));
  return { traces: own.map(({ trace }) => trace), olderUs: isFull ? oldestUs - 1 : undefined };
};

const latestMatch = (trace: Trace, search: TraceSearch, endUs: number): number | undefined =>
  trace.spans.findLast((span) => span.startUs <= endUs && isMatch(span, search))?.startUs;

const isMatch = (
  span: Span,
  { service, operation, tags = {}, minDurationUs = 0, maxDurationUs, startUs }: TraceSearch,
) =>
  span.service === service &&
  span.startUs >= startUs &&
  (operation === undefined || span.name === operation) &&
  span.durationUs >= minDurationUs &&
  (maxDurationUs === undefined || span.durationUs <= maxDurationUs) &&
  Object.entries(tags).every(([key, value]) => hasTag(span, key, value));

const hasTag = ({ tags, events }: Span, key: string, value: string): boolean =>
  String(tags[key]) === value || events.some(({ fields }) => String(fields[key]) === value);

/** What a list says about a trace. */
export interface TraceSummary {
  readonly trace: Trace;
  readonly root: Span | undefined;
  /** Of the request; what goes on after its answer is part of the trace, and not of how long it took. */
  readonly durationUs: number;
  readonly status: number | undefined;
  readonly errors: number;
  /** With how many spans, in the order of their first. */
  readonly services: readonly { readonly name: string; readonly spans: number; readonly errors: number }[];
}

export const summarize = (trace: Trace): TraceSummary => {
  const node = mainRoot(buildTree(trace));
  const root = node?.span;
  const services = new Map<string, { spans: number; errors: number }>();
  for (const { service, isError } of trace.spans) {
    const { spans = 0, errors = 0 } = services.get(service) ?? {};
    services.set(service, { spans: spans + 1, errors: errors + Number(isError) });
  }
  const status = root?.tags['http.status_code'];
  return {
    trace,
    root,
    durationUs: root === undefined || node?.isOrphan === true ? trace.durationUs : root.durationUs,
    status: status === undefined ? undefined : Number(status),
    errors: trace.spans.filter(({ isError }) => isError).length,
    services: [...services].map(([name, counts]) => ({ name, ...counts })),
  };
};

/** `2`, `1.5ms`, `300us`, `2s`, as microseconds; a number alone is milliseconds. Undefined if it is none of these. */
export const parseDurationUs = (text: string): number | undefined => {
  const [, amount, unit = 'ms'] = /^\s*(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m)?\s*$/.exec(text) ?? [];
  return amount === undefined ? undefined : Math.round(Number(amount) * (usPer[unit] ?? 1));
};

const usPer: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1e3, s: 1e6, m: 6e7 };

/** `http.status_code=503 note="two words"`. Undefined if it cannot be read so. */
export const parseTags = (text: string): Record<string, string> | undefined => {
  const tags: [string, string][] = [];
  const rest = text.replace(
    /([^\s="]+)=(?:"([^"]*)"|([^\s"]*))(?=\s|$)/g,
    (_, key: string, quoted?: string, bare?: string) => {
      tags.push([key, quoted ?? bare ?? '']);
      return '';
    },
  );
  return rest.trim() === '' ? Object.fromEntries(tags) : undefined;
};
