import { type Span, textTag } from './trace.js';

/** A label matcher of PromQL; within quotation marks only these need a backslash. */
const matcher = ([label, value]: readonly [string, string]): string =>
  `${label}="${value.replace(/[\\"\n]/g, '\\$&')}"`;

const p95Of = (metric: string, labels: readonly (readonly [string, string])[]): string => {
  const selector = labels
    .filter(([, value]) => value !== '')
    .map(matcher)
    .join(',');
  return `histogram_quantile(0.95, sum by (le) (rate(${metric}_bucket{${selector}}[1m])))`;
};

/**
 * PromQL for how long work like this span's takes: the tags of a span are the labels of its histogram. Undefined for
 * spans that no histogram counts.
 */
export const metricOfSpan = (span: Span): string | undefined => {
  const job = ['job', span.service] as const;
  const tag = (label: string, name: string) => [label, textTag(span, name)] as const;
  const kind = textTag(span, 'span.kind');
  if (span.tags['db.collection'] !== undefined) {
    const labels = [job, tag('db_collection', 'db.collection'), tag('db_operation', 'db.operation')];
    return p95Of('db_client_operation_duration_seconds', labels);
  }
  if (kind === 'client' && span.tags['peer.service'] !== undefined) {
    const labels = [job, tag('peer_service', 'peer.service'), tag('http_request_method', 'http.method')];
    return p95Of('http_client_request_duration_seconds', labels);
  }
  if (kind !== 'server' || span.tags['http.route'] === undefined) return undefined;
  const labels = [job, tag('http_request_method', 'http.method'), tag('http_route', 'http.route')];
  return p95Of('http_server_request_duration_seconds', labels);
};

/** The order that a trace is about; empty if it is about none. */
export const orderOf = (spans: readonly Span[]): { readonly id: string; readonly number: string } => {
  const find = (name: string): string => spans.map((span) => textTag(span, name)).find((text) => text !== '') ?? '';
  return { id: find('glasshouse.order.id'), number: find('glasshouse.order.number') };
};
