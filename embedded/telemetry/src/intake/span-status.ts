import type { SpanRecord } from '@glasshouse/telemetry/wire';

type Tags = SpanRecord['tags'];

/**
 * A span with its status told as Jaeger 2 tells it (setInternalSpanStatus in pkg/translator/jaeger of
 * opentelemetry-collector-contrib): `otel.status_code` is there for OK and ERROR only, and the latter goes together with
 * `error` = true. A span that states no status is judged by that of its HTTP answer.
 */
export const withStatus = (span: SpanRecord): SpanRecord => {
  const { 'otel.status_code': _stated, ...tags } = span.tags;
  const status = toStatus(span.tags);
  if (status === undefined) return { ...span, tags };
  const told: Tags = { ...tags, 'otel.status_code': status };
  return { ...span, tags: status === 'ERROR' ? { ...told, error: true } : told };
};

const toStatus = (tags: Tags): 'OK' | 'ERROR' | undefined => {
  if (tags.error === true) return 'ERROR';
  const stated = tags['otel.status_code'];
  if (stated === undefined) return isFailedAnswer(tags) ? 'ERROR' : undefined;
  const status = String(stated).toUpperCase();
  return status === 'OK' || status === 'ERROR' ? status : undefined;
};

/** A 4xx is the caller's failure, not the server's. */
const isFailedAnswer = ({ 'http.status_code': code, 'span.kind': kind }: Tags): boolean => {
  const status = Number(code);
  return status >= (kind === 'server' ? 500 : 400);
};
