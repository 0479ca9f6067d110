import type { SpanRecord } from '@glasshouse/telemetry/wire';
import { withStatus } from './span-status.js';

type Tags = SpanRecord['tags'];

const toTags = (tags: Tags): Tags =>
  withStatus({
    service: 'gateway',
    name: 'GET product',
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    startedAt: 1,
    durationUs: 1,
    tags,
    logs: [],
  }).tags;

const error = { error: true, 'otel.status_code': 'ERROR' };
const client = { 'span.kind': 'client' };
const server = { 'span.kind': 'server' };

it.each<[string, Tags, Tags]>([
  ['an error', { error: true }, error],
  ['an error that states another status', { error: true, 'otel.status_code': 'OK' }, error],
  ['a stated error', { 'otel.status_code': 'error' }, error],
  ['a stated success', { 'otel.status_code': 'OK' }, { 'otel.status_code': 'OK' }],
  [
    'a caller that was refused',
    { ...client, 'http.status_code': 404 },
    { ...client, 'http.status_code': 404, ...error },
  ],
  [
    'a caller to whom a refusal is an answer',
    { ...client, 'http.status_code': 404, 'otel.status_code': 'UNSET' },
    { ...client, 'http.status_code': 404 },
  ],
  ['a server that refused', { ...server, 'http.status_code': 404 }, { ...server, 'http.status_code': 404 }],
  ['a server that failed', { ...server, 'http.status_code': 503 }, { ...server, 'http.status_code': 503, ...error }],
  ['an answer', { ...client, 'http.status_code': 200 }, { ...client, 'http.status_code': 200 }],
  ['a span without HTTP', { 'db.type': 'mongodb' }, { 'db.type': 'mongodb' }],
])('%s is told as Jaeger tells it', (_name, sent, told) => {
  expect(toTags(sent)).toEqual(told);
});
