import { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { runInContext } from './context.js';
import { createTelemetry } from './telemetry.js';
import { type FluentdReceiver, startFluentdReceiver } from './testing/fluentd-receiver.js';
import { type HttpReceiver, startHttpReceiver } from './testing/http-receiver.js';
import type { LogRecord, SpanRecord, Telemetry, TelemetryOptions } from './types.js';
import { createJaegerBatchDecoder } from './wire.js';

const base = {
  service: 'order',
  version: '1.2.3',
  logLevel: 'info',
  tracer: 'none',
  sampleRatio: 1,
  stdout: false,
} as const;

const setup = (options: Partial<TelemetryOptions> = {}) => {
  const logs: LogRecord[] = [];
  const spans: SpanRecord[] = [];
  const capture = { log: (record: LogRecord) => logs.push(record), span: (span: SpanRecord) => spans.push(span) };
  return { telemetry: createTelemetry({ ...base, capture, ...options }), logs, spans };
};

const metric = async (telemetry: Telemetry, name: string): Promise<number> => {
  const { body } = await telemetry.metrics.render();
  const lines = body.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};

const collect = () => {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return {
    stream,
    records: (): LogRecord[] =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
};

describe('facts', () => {
  it('become one ECS record with everything that leads to the trace, and tags on the active span', () => {
    const { telemetry, logs, spans } = setup({ instanceId: 'order-1' });
    const span = telemetry.tracing.startSpan('POST /api/orders');
    runInContext({ span, requestId: 'r-1', userId: 'u-1', authorization: 'Bearer canary' }, () =>
      telemetry.fact({
        action: 'order.placed',
        message: 'An order was placed.',
        fields: {
          'glasshouse.order.id': 'o-1',
          'event.duration': 12,
          'trace.id': 'forged',
          'glasshouse.none': undefined,
        },
        tags: { 'order.id': 'o-1' },
      }),
    );
    span.finish();
    expect(logs).toEqual([
      {
        '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        'log.level': 'info',
        message: 'An order was placed.',
        'service.name': 'order',
        'service.version': '1.2.3',
        'service.instance.id': 'order-1',
        'event.id': expect.any(String),
        'event.action': 'order.placed',
        'trace.id': span.traceId,
        'span.id': span.spanId,
        'request.id': 'r-1',
        'user.id': 'u-1',
        'glasshouse.order.id': 'o-1',
        'event.duration': 12,
      },
    ]);
    expect(spans[0]?.tags['order.id']).toBe('o-1');
    expect(JSON.stringify([logs, spans])).not.toContain('canary');
  });

  it('say what went wrong: the stack only of unexpected errors', () => {
    const { telemetry, logs } = setup();
    const expected = Object.assign(new Error('Not enough stock.'), { code: 'out_of_stock', isExpected: true });
    telemetry.fact({ action: 'order.refused', message: 'Refused.', error: expected });
    telemetry.fact({ action: 'order.failed', message: 'Failed.', level: 'error', error: new Error('token=canary') });
    expect(logs[0]).toMatchObject({ 'error.code': 'out_of_stock', 'error.message': 'Not enough stock.' });
    expect(logs[0]).not.toHaveProperty(['error.stack_trace']);
    expect(logs[1]?.['error.stack_trace']).toMatch(/^Error: token=\[redacted\]\n {4}at /);
    expect(JSON.stringify(logs)).not.toContain('canary');
  });

  it('carry the ids of their own request, however many run at once and however slow the reader is', async () => {
    const slow = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void setTimeout(done, 1) });
    const { telemetry, logs } = setup({ stdout: slow });
    const expected = new Map<string, string>();
    await Promise.all(
      Array.from({ length: 300 }, (_, request) =>
        telemetry.tracing.withSpan(`request ${request}`, { parent: null }, async (span) => {
          for (let step = 0; step < 3; step++) {
            await pause(Math.random() * 5);
            expected.set(`${request}.${step}`, span.traceId);
            telemetry.fact({ action: 'step', message: '', fields: { 'glasshouse.step': `${request}.${step}` } });
          }
        }),
      ),
    );
    expect(logs).toHaveLength(900);
    for (const record of logs) expect(record['trace.id']).toBe(expected.get(String(record['glasshouse.step'])));
    await telemetry.close(5_000);
  });

  it('obey a level that can be changed while running', async () => {
    const out = collect();
    const { telemetry } = setup({ stdout: out.stream });
    const debug = () => telemetry.fact({ action: 'detail', message: '', level: 'debug' });
    debug();
    telemetry.logLevel.set('debug');
    expect(telemetry.logLevel.get()).toBe('debug');
    debug();
    telemetry.logLevel.set('error');
    telemetry.fact({ action: 'hidden', message: '', level: 'warn' });
    await telemetry.close(1_000);
    expect(out.records().map((record) => record['event.action'])).toEqual(['detail']);
    expect(await metric(telemetry, 'log_records_total')).toBe(1);
  });

  it('never throw and stay bounded, whatever is in them', async () => {
    const out = collect();
    const { telemetry } = setup({ stdout: out.stream });
    const wrong = { date: new Date(), map: new Map(), big: 10n, nan: Number.NaN, object: { a: 1 } } as never;
    telemetry.fact({ action: 'odd', message: 'x'.repeat(100_000), fields: wrong, tags: wrong });
    await telemetry.close(1_000);
    const [record] = out.records();
    expect(String(record?.message)).toHaveLength(4_096);
    expect(Object.keys(record ?? {}).filter((name) => name in (wrong as object))).toEqual([]);
  });
});

describe('telemetry', () => {
  let fluentd: FluentdReceiver;
  let jaeger: HttpReceiver;
  beforeEach(async () => {
    fluentd = await startFluentdReceiver();
    jaeger = await startHttpReceiver();
  });
  afterEach(() => Promise.all([fluentd.stop(), jaeger.stop()]));

  const allOn = (): Partial<TelemetryOptions> => ({
    fluentdUrl: fluentd.url,
    tracer: 'jaeger',
    jaegerEndpoint: `${jaeger.url}/api/traces`,
    zipkinEndpoint: `${jaeger.url}/api/v2/spans`,
  });

  it('flushes logs and spans to every backend when it closes', async () => {
    const out = collect();
    const { telemetry, logs, spans } = setup({ ...allOn(), stdout: out.stream });
    for (let i = 0; i < 50; i++) {
      await telemetry.tracing.withSpan('step', {}, async () => telemetry.fact({ action: 'step', message: 'Done.' }));
    }
    await telemetry.close(5_000);
    await telemetry.close(5_000);
    expect(out.records()).toEqual(logs);
    expect(fluentd.distinct()).toEqual(logs);
    expect([...fluentd.tags]).toEqual(['glasshouse.order']);
    const decode = createJaegerBatchDecoder();
    const received = jaeger.posts.filter((post) => post.path === '/api/traces').flatMap((post) => decode(post.body));
    const processTags = { 'service.version': '1.2.3', 'service.instance.id': expect.stringMatching(/\d+$/) };
    expect(received).toEqual(spans.map((span) => ({ ...span, processTags })));
    expect(await metric(telemetry, 'log_records_delivered_total')).toBe(100);
    expect(await metric(telemetry, 'spans_reported_total')).toBe(100);
  });

  it('accounts for everything when all sinks hang until the closing timeout', async () => {
    fluentd.behave(() => 'stall');
    jaeger.behave(() => 'hang');
    const stuck = new Writable({ write: () => undefined });
    const { telemetry } = setup({ ...allOn(), stdout: stuck });
    for (let i = 0; i < 200; i++) {
      telemetry.tracing.startSpan('step', { parent: null }).finish();
      telemetry.fact({ action: 'step', message: 'Done.' });
    }
    await telemetry.close(100);
    telemetry.fact({ action: 'late', message: 'After the end.' });
    expect(await metric(telemetry, 'log_records_total')).toBe(201);
    expect(await metric(telemetry, 'log_records_dropped_total')).toBe(402);
    expect(await metric(telemetry, 'spans_dropped_total')).toBe(400);
    expect(await metric(telemetry, 'log_records_buffered')).toBe(0);
  });

  it('sends OTLP when that tracer is chosen', async () => {
    const { telemetry, spans } = setup({ tracer: 'otlp', otlpEndpoint: `${jaeger.url}/v1/traces` });
    telemetry.tracing.startSpan('step').finish();
    await telemetry.close(5_000);
    expect(jaeger.posts.map((post) => post.path)).toEqual(['/v1/traces']);
    expect(jaeger.posts[0]?.body.toString()).toContain(spans[0]?.traceId);
  });

  it('refuses wrong options at once', () => {
    expect(() => setup({ fluentdUrl: 'fluentd:24224' })).toThrow('tcp://host:24224');
    expect(() => setup({ sampleRatio: 2 })).toThrow('sampling rate');
    expect(() => setup({ tracer: 'jaeger', jaegerEndpoint: 'nowhere' })).toThrow('Invalid URL');
  });
});
