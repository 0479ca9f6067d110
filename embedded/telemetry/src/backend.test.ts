import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTelemetry, type Telemetry } from '@glasshouse/telemetry';
import { createTelemetryBackend } from './backend.js';
import { type RunningBackend, startBackend, waitFor } from './testing/running-backend.js';

const free = { fluentd: 0, jaegerCollector: 0, zipkin: 0, jaegerQuery: 0, elasticsearch: 0, prometheus: 0 };

describe('with a service’s real telemetry', () => {
  let backend: RunningBackend;
  let telemetry: Telemetry;
  beforeEach(async () => {
    backend = await startBackend();
    telemetry = createTelemetry({
      service: 'order',
      version: '1.0.0',
      logLevel: 'info',
      fluentdUrl: `tcp://127.0.0.1:${backend.ports.fluentd}`,
      tracer: 'jaeger',
      jaegerEndpoint: `http://127.0.0.1:${backend.ports.jaegerCollector}/api/traces`,
      zipkinEndpoint: `http://127.0.0.1:${backend.ports.zipkin}/api/v2/spans`,
      sampleRatio: 1,
      stdout: false,
    });
  });
  afterEach(async () => {
    await telemetry.close(2_000);
    await backend.stop();
  });

  it('a fact and its spans are found by their trace id, once each though both protocols carry them', async () => {
    const traceId = await telemetry.tracing.withSpan(
      'POST /api/orders',
      { kind: 'server', parent: null },
      async (span) => {
        await telemetry.tracing.withSpan('order.charge', { tags: { 'http.status_code': 201 } }, async () => {
          telemetry.fact({ action: 'order.placed', message: 'Order placed', fields: { 'glasshouse.lines': 2 } });
        });
        return span.traceId;
      },
    );
    await telemetry.close(5_000);

    const { body } = await backend.search({ query: { term: { 'trace.id': traceId } } });
    expect(body.hits.hits.map(({ _source }) => _source)).toEqual([
      expect.objectContaining({
        message: 'Order placed',
        'event.action': 'order.placed',
        'service.name': 'order',
        'glasshouse.lines': 2,
      }),
    ]);
    const trace = await waitFor('the trace', async () => {
      const answer = await backend.get('jaegerQuery', `/api/traces/${traceId}`);
      const { data } = answer.body as {
        data: { spans: { operationName: string; references: { spanID: string }[]; spanID: string }[] }[] | null;
      };
      return data?.[0]?.spans.length === 2 && data[0];
    });
    const [root, step] = trace.spans.toSorted((a, b) => a.references.length - b.references.length);
    expect([root?.operationName, step?.operationName]).toEqual(['POST /api/orders', 'order.charge']);
    expect(step?.references).toEqual([{ refType: 'CHILD_OF', traceID: traceId, spanID: root?.spanID }]);
    const received = await backend.metric('embedded_spans_received_total');
    expect([received, await backend.metric('embedded_spans_held')]).toEqual([4, 2]);
    expect(await backend.get('jaegerQuery', '/api/services')).toMatchObject({ body: { data: ['order'] } });
  });

  it('loses no line of many', async () => {
    for (let index = 0; index < 5_000; index++)
      telemetry.fact({ action: 'order.placed', message: `Order ${index} placed` });
    await telemetry.close(10_000);
    const { body } = await backend.search({ size: 0, query: { term: { 'event.action': 'order.placed' } } });
    expect(body.hits.total.value).toBe(5_000);
  });
});

it('keeps the traces of error records and of exemplars when all others have gone', async () => {
  const exemplarTrace = 'e'.repeat(32);
  const target = createServer((_req, res) => res.end(`latency_bucket{le="1"} 1 # {trace_id="${exemplarTrace}"} 0.5\n`));
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
  const backend = await startBackend({ spanBytes: 1_000_000 }, [{ service: 'order', url }]);
  await waitFor('the exemplar', async () => {
    const { body } = await backend.get('prometheus', '/api/v1/query_exemplars?query=latency_bucket');
    return JSON.stringify(body).includes(exemplarTrace);
  });
  const failedTrace = 'f'.repeat(32);
  const document = { '@timestamp': new Date().toISOString(), 'log.level': 'error', 'trace.id': failedTrace };
  const index = `glasshouse-logs-${document['@timestamp'].slice(0, 10).replaceAll('-', '.')}`;
  const lines = `${JSON.stringify({ index: { _index: index } })}\n${JSON.stringify(document)}\n`;
  await fetch(`http://127.0.0.1:${backend.ports.elasticsearch}/_bulk`, { method: 'POST', body: lines });

  let id = 0;
  const send = async (traceId: string) => {
    const spans = Array.from({ length: 2_000 }, () => ({
      traceId: traceId || (++id).toString(16).padStart(32, '0'),
      id: (++id).toString(16).padStart(16, '0'),
      name: 'x',
      timestamp: 1_795_348_800_000_000 + id,
      duration: 1,
      localEndpoint: { serviceName: 'order' },
    }));
    const few = traceId ? spans.slice(0, 3) : spans;
    const headers = { 'content-type': 'application/json' };
    await fetch(`http://127.0.0.1:${backend.ports.zipkin}/api/v2/spans`, {
      method: 'POST',
      headers,
      body: JSON.stringify(few),
    });
  };
  const plainTrace = 'a'.repeat(32);
  for (const one of [exemplarTrace, failedTrace, plainTrace]) await send(one);
  for (let round = 0; round < 8; round++) await send('');

  const statuses = [exemplarTrace, failedTrace, plainTrace].map(
    async (one) => (await backend.get('jaegerQuery', `/api/traces/${one}`)).status,
  );
  expect(await Promise.all(statuses)).toEqual([200, 200, 404]);
  await backend.stop();
  await new Promise((resolve) => target.close(resolve));
});

it('says which part wants a port that is taken, and leaves nothing open', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const failing = createTelemetryBackend({ ports: { ...free, prometheus: port }, scrapeTargets: [] });
  await expect(failing.start()).rejects.toThrow(
    `Port ${port} is taken; the embedded telemetry's Prometheus API wants it.`,
  );
  await new Promise((resolve) => taken.close(resolve));
});

it('stops at once though connections are open, and can be stopped again', async () => {
  const backend = await startBackend();
  await backend.get('elasticsearch', '/');
  await backend.stop();
  await backend.stop();
  await expect(backend.get('elasticsearch', '/')).rejects.toThrow();
});

it('says that it is up', async () => {
  const backend = await startBackend();
  expect(await backend.get('jaegerQuery', '/health')).toEqual({ status: 200, body: { status: 'up' } });
  await backend.stop();
});
