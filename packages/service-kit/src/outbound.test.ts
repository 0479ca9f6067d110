import { createClientMetrics } from './client-metrics.js';
import { createOutbound } from './outbound.js';
import { recordTelemetry } from './testing/recorded-telemetry.js';

const create = () => {
  const recorded = recordTelemetry('gateway');
  const metrics = createClientMetrics(recorded.telemetry.metrics);
  const outbound = createOutbound({
    peer: 'product',
    telemetry: recorded.telemetry,
    metrics,
    serviceKey: 'gateway.secret',
  });
  return { outbound, ...recorded };
};

const call = { method: 'GET', route: '/api/products/:sku', timeoutMs: 2_000 };

describe('an outbound call', () => {
  test('has a span, a metric and the headers of its context', async () => {
    const { outbound, spans, metric } = create();
    const sent: Record<string, string>[] = [];
    const answer = await outbound.run(call, async (headers) => {
      sent.push({ ...headers });
      return { status: 404, body: 'stream' };
    });
    expect(answer).toEqual({ status: 404, body: 'stream' });
    const [span] = spans;
    expect(span).toMatchObject({
      name: 'GET product',
      tags: {
        'span.kind': 'client',
        'peer.service': 'product',
        'http.route': '/api/products/:sku',
        'http.status_code': 404,
      },
    });
    expect(span?.tags).not.toHaveProperty('error');
    expect(sent[0]).toMatchObject({
      traceparent: `00-${span?.traceId}-${span?.spanId}-01`,
      'x-service-key': 'gateway.secret',
    });
    expect(Number(sent[0]?.['x-deadline-ms'])).toBeLessThanOrEqual(2_000);
    expect(await metric('http_client_request_duration_seconds_count', { peer_service: 'product' })).toBe(1);
    outbound.close();
  });

  test('throws what its sender threw, as an error of the span', async () => {
    const { outbound, spans } = create();
    const failure = new Error('connection refused');
    await expect(outbound.run(call, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(spans[0]?.tags.error).toBe(true);
    outbound.close();
  });

  test('returns a 5xx to its caller but counts it against the peer, until the breaker opens', async () => {
    const { outbound, metric } = create();
    const fail = async () => ({ status: 503 });
    for (let index = 0; index < 20; index += 1) expect(await outbound.run(call, fail)).toEqual({ status: 503 });
    await expect(outbound.run(call, fail)).rejects.toMatchObject({ reason: 'breaker_open', status: 503 });
    expect(await metric('circuit_breaker_state', { peer_service: 'product' })).toBe(2);
    outbound.close();
  });
});
