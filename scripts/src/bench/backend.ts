import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createEntryEncoder, createJaegerEncoder } from '@glasshouse/telemetry/wire';
import { readMetrics } from '../metrics.js';
import { root } from '../shop.js';
import { createProcesses, freePort, median, pinning, waitForHttp } from './processes.js';

const lines = 200_000;
const linesPerMessage = 500;
const traces = 20_000;
// As in `npm run load`.
const spansPerTrace = 11;
const spansPerBatch = 330;
const connections = 4;
const searches = 40;

const services = ['gateway', 'oauth', 'customer', 'product', 'order', 'payment'];
const routes = ['/api/products', '/api/products/{sku}', '/api/orders', '/users/api/login', '/api/customers'];
const kinds = ['server', 'client', 'internal'];
const actions = ['http.request', 'order.accepted', 'stock.reserved', 'payment.succeeded', 'login.succeeded'];
const pick = (from: readonly string[], index: number): string => from[index % from.length] ?? '';
const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

interface Backend {
  readonly fluentdPort: number;
  readonly collector: string;
  readonly jaeger: string;
  readonly elasticsearch: string;
}

/** Fills the telemetry backend as fast as it takes it, on one core, then asks what the console asks. */
export const benchBackend = async (): Promise<void> => {
  const processes = createProcesses();
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  try {
    const offset = (await freePort()) - 16686;
    const main = join(root, 'embedded/telemetry/dist/main.js');
    processes.start([main, '--ports-offset', String(offset)], { core: 0 });
    const local = (port: number): string => `http://127.0.0.1:${port + offset}`;
    const backend: Backend = {
      fluentdPort: 24224 + offset,
      collector: local(14268),
      jaeger: local(16686),
      elasticsearch: local(9200),
    };
    await waitForHttp(`${backend.jaeger}/api/services`);
    say(`Backend ${pinning}.`);
    const [messages, batches] = [encodeLines(), encodeSpans()];
    say(`${await rateOf(lines, () => sendLines(backend, messages))} log lines/s (target 20000)`);
    say(`${await rateOf(traces * spansPerTrace, () => sendSpans(backend, batches))} spans/s (target 10000)`);
    const metrics = await readMetrics({ backend: backend.jaeger });
    const metric = (name: string): number => metrics.get(`backend embedded_${name}`) ?? Number.NaN;
    say(`log lines: ${metric('log_records_received_total')} received, ${metric('log_records_held')} held`);
    say(`spans: ${metric('spans_received_total')} received, ${metric('spans_held')} held`);
    for (const [name, ask] of questionsTo(backend)) {
      const times: number[] = [];
      for (let count = 0; count < searches; count++) times.push(await timeOf(ask));
      const sorted = times.sort((a, b) => a - b);
      const p95 = sorted[Math.ceil(searches * 0.95) - 1] ?? Number.NaN;
      say(`${name.padEnd(44)} median ${median(sorted).toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`);
    }
  } finally {
    await processes.stop();
  }
};

const rateOf = async (count: number, send: () => Promise<void>): Promise<string> => {
  const took = await timeOf(send);
  return (count / (took / 1_000)).toFixed(0);
};

const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const toLine = (index: number, traceId: string): Readonly<Record<string, string | number>> => ({
  '@timestamp': new Date(Date.now() - (lines - index) * 18).toISOString(),
  'log.level': index % 97 === 0 ? 'warn' : index % 501 === 0 ? 'error' : 'info',
  message: `${pick(actions, index)} on ${pick(routes, index)} for order G-2026-${index.toString(36)}`,
  'service.name': pick(services, index),
  'service.version': '0.1.0',
  'service.instance.id': `host-${index % services.length}`,
  'event.id': hex(16),
  'event.action': pick(actions, index),
  'trace.id': traceId,
  'span.id': hex(8),
  'request.id': hex(16),
  'http.route': pick(routes, index),
  'http.response.status_code': index % 50 === 0 ? 500 : 200,
  'event.duration': (index * 7_919) % 100_000_000,
});

interface Message {
  readonly id: string;
  readonly bytes: Buffer;
}

/** Messages of Fluentd's forward protocol in PackedForward mode, each with an id that is acknowledged. */
const encodeLines = (): Message[] => {
  const encode = createEntryEncoder();
  let traceId = '';
  const entries = Array.from({ length: lines }, (_, index) => {
    if (index % 10 === 0) traceId = hex(16);
    return encode(Date.now(), toLine(index, traceId));
  });
  return Array.from({ length: lines / linesPerMessage }, (_, index) => {
    const packed = Buffer.concat(entries.slice(index * linesPerMessage, (index + 1) * linesPerMessage));
    const id = hex(8);
    // [tag, entries, { chunk: id }] in MessagePack: an array of three, two short texts and the binary between them.
    const head = Buffer.concat([Buffer.from([0x93]), text('bench'), Buffer.from([0xc6, 0, 0, 0, 0])]);
    head.writeUInt32BE(packed.length, head.length - 4);
    return { id, bytes: Buffer.concat([head, packed, Buffer.from([0x81]), text('chunk'), text(id)]) };
  });
};

/** A text of less than 32 bytes in MessagePack. */
const text = (words: string): Buffer => Buffer.concat([Buffer.from([0xa0 | words.length]), Buffer.from(words)]);

/** Each connection sends a message when the one before is acknowledged. */
const sendLines = async ({ fluentdPort }: Backend, messages: readonly Message[]): Promise<void> => {
  const left = [...messages];
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(fluentdPort, '127.0.0.1');
      let reply = '';
      let current: Message | undefined;
      const next = (): void => {
        current = left.pop();
        if (current === undefined) socket.end(resolve);
        else socket.write(current.bytes);
      };
      socket.on('connect', next);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        reply += chunk.toString('latin1');
        if (current === undefined || !reply.includes(current.id)) return;
        reply = '';
        next();
      });
    });
  await Promise.all(Array.from({ length: connections }, work));
};

const encodeSpans = (): Buffer[] => {
  const encoders = services.map((service) =>
    createJaegerEncoder({ service, version: '0.1.0', instanceId: `${service}-1` }),
  );
  let parentId: string | undefined;
  const toSpan = (encoder: (typeof encoders)[number], traceId: string, index: number): Buffer => {
    if (index % spansPerTrace === 0) parentId = undefined;
    const spanId = hex(8);
    const span = encoder.encodeSpan({
      service: pick(services, index),
      name: `GET ${pick(routes, index)}`,
      traceId,
      spanId,
      parentId,
      startedAt: (Date.now() - (traces * spansPerTrace - index) / 50) * 1_000,
      durationUs: (index * 7_919) % 100_000,
      tags: {
        'span.kind': pick(kinds, index),
        'http.route': pick(routes, index),
        'http.status_code': index % 50 === 0 ? 500 : 200,
      },
      logs: [],
    });
    parentId = spanId;
    return span;
  };
  const batches: Buffer[] = [];
  let traceIds: string[] = [];
  for (let start = 0; start < traces * spansPerTrace; start += spansPerBatch) {
    const encoder = encoders[(start / spansPerBatch) % encoders.length];
    if (encoder === undefined) continue;
    traceIds = Array.from({ length: spansPerBatch / spansPerTrace }, () => hex(16));
    const spans = Array.from({ length: spansPerBatch }, (_, index) =>
      toSpan(encoder, traceIds[Math.floor(index / spansPerTrace)] ?? '', start + index),
    );
    batches.push(encoder.frameBatch(spans));
  }
  return batches;
};

const sendSpans = async ({ collector }: Backend, batches: readonly Buffer[]): Promise<void> => {
  const left = [...batches];
  const work = async (): Promise<void> => {
    for (let body = left.pop(); body !== undefined; body = left.pop()) {
      const headers = { 'content-type': 'application/x-thrift' };
      const response = await fetch(`${collector}/api/traces`, { method: 'POST', headers, body });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`the collector answered ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
};

type Question = readonly [name: string, ask: () => Promise<unknown>];

/** What the console's pages ask of logs and traces, each kind once. */
const questionsTo = ({ elasticsearch, jaeger }: Backend): Question[] => {
  const newest = [{ '@timestamp': 'desc' }, { 'event.id': 'desc' }];
  const search = (name: string, query: object, rest: object = {}): Question => [
    `logs: ${name}`,
    async () => {
      const response = await fetch(`${elasticsearch}/glasshouse-logs-*/_search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, size: 100, sort: newest, track_total_hits: false, ...rest }),
      });
      if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
      return response.json();
    },
  ];
  const get = (name: string, path: string): Question => [
    `traces: ${name}`,
    async () => {
      const response = await fetch(`${jaeger}/api/${path}`);
      if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
      return response.json();
    },
  ];
  const terms = ['service.name', 'log.level', 'event.action', 'http.route', 'error.code'];
  const histogram = {
    date_histogram: { field: '@timestamp', fixed_interval: '60000ms', min_doc_count: 1 },
    aggs: { levels: { terms: { field: 'log.level', size: 8 } } },
  };
  const facets = Object.fromEntries(terms.map((field) => [field, { terms: { field, size: 12 } }]));
  const overview = { size: 0, track_total_hits: true, aggs: { ...facets, histogram } };
  const hour = `&start=${(Date.now() - 3_600_000) * 1_000}&end=${(Date.now() + 60_000) * 1_000}`;
  return [
    search('the newest', { match_all: {} }),
    search('a field', { term: { 'log.level': 'error' } }),
    search('a range', { range: { 'event.duration': { gte: 99_000_000 } } }),
    search('free text', { query_string: { query: 'accepted' } }),
    search('and, or, not', {
      bool: {
        filter: [{ terms: { 'service.name': ['order', 'payment'] } }],
        must_not: [{ term: { 'log.level': 'info' } }],
      },
    }),
    search('histogram and facets of all', { match_all: {} }, overview),
    search('histogram and facets of free text', { query_string: { query: 'reserved' } }, overview),
    get('of a service', `traces?service=order&limit=20${hour}`),
    get('by tag', `traces?service=order&limit=20&tags=%7B%22http.status_code%22%3A%22500%22%7D${hour}`),
    get('by duration', `traces?service=gateway&limit=20&minDuration=90ms${hour}`),
    get('dependencies', `dependencies?endTs=${Date.now()}&lookback=3600000`),
  ];
};
