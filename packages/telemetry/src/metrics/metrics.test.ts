import type { SpanReference } from '../types.js';
import { createMetrics } from './metrics.js';

const span: SpanReference = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', sampled: true };

const setup = (active?: SpanReference) => {
  const metrics = createMetrics(() => active);
  const lines = async (name: string, accept?: string) =>
    (await metrics.render(accept)).body.split('\n').filter((line) => line.startsWith(name));
  return { metrics, lines };
};

const openMetrics = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';

describe('metrics', () => {
  it('counts, sets and observes by closed labels', async () => {
    const { metrics, lines } = setup();
    const orders = metrics.counter({
      name: 'orders_total',
      help: 'Orders.',
      labels: { outcome: ['confirmed', 'declined'] },
    });
    orders.inc({ outcome: 'confirmed' });
    orders.inc({ outcome: 'confirmed' }, 2);
    const active = metrics.gauge({ name: 'active', help: 'Active.' });
    active.inc();
    active.set(5);
    active.dec();
    const value = metrics.histogram({
      name: 'value_euros',
      help: 'Value.',
      labels: { status: ['200'] },
      buckets: [1, 2],
    });
    value.observe(1.5, { status: 200 });
    expect(await lines('orders_total')).toEqual(['orders_total{outcome="confirmed"} 3']);
    expect(await lines('active')).toEqual(['active 4']);
    expect(await lines('value_euros')).toEqual([
      'value_euros_bucket{le="1",status="200"} 0',
      'value_euros_bucket{le="2",status="200"} 1',
      'value_euros_bucket{le="+Inf",status="200"} 1',
      'value_euros_sum{status="200"} 1.5',
      'value_euros_count{status="200"} 1',
    ]);
  });

  it('refuses and counts what is outside the closed sets, and never throws', async () => {
    const { metrics, lines } = setup();
    const counter = metrics.counter({ name: 'logins_total', help: 'Logins.', labels: { outcome: ['ok'] } });
    counter.inc({ outcome: 'evil' });
    counter.inc({});
    counter.inc();
    counter.inc({ outcome: 'ok', extra: 'x' });
    counter.inc({ outcome: 'ok' }, -1);
    counter.inc({ outcome: 'ok' }, Number.NaN);
    metrics.histogram({ name: 'seconds', help: 'Seconds.' }).observe(Number.NaN);
    metrics.gauge({ name: 'level', help: 'Level.' }).set(Number.POSITIVE_INFINITY);
    expect(await lines('logins_total')).toEqual([]);
    expect(await lines('metric_samples_refused_total')).toEqual([
      'metric_samples_refused_total{metric="logins_total"} 6',
      'metric_samples_refused_total{metric="seconds"} 1',
      'metric_samples_refused_total{metric="level"} 1',
    ]);
  });

  it('takes a dynamic label value only once it was admitted', async () => {
    const { metrics, lines } = setup();
    const seconds = metrics.histogram({ name: 'seconds', help: 'Seconds.', labels: { route: 'dynamic' } });
    seconds.observe(1, { route: '/api/orders/:id' });
    seconds.admit('route', '/api/orders/:id');
    seconds.observe(1, { route: '/api/orders/:id' });
    expect(await lines('seconds_count')).toEqual(['seconds_count{route="/api/orders/:id"} 1']);
    expect(() => seconds.admit('other', 'x')).toThrow('not dynamic');
  });

  it('stays under 2,000 series, whatever is admitted', async () => {
    const { metrics } = setup();
    const counter = metrics.counter({ name: 'many_total', help: 'Many.', labels: { key: 'dynamic' } });
    const seconds = metrics.histogram({ name: 'seconds', help: 'Seconds.', labels: { key: 'dynamic' } });
    for (let i = 0; i < 3_000; i++) {
      counter.admit('key', `k${i}`);
      seconds.admit('key', `k${i}`);
      counter.inc({ key: `k${i}` });
      seconds.observe(1, { key: `k${i}` });
    }
    const { body } = await metrics.render();
    const series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series.length).toBeLessThanOrEqual(2_000);
    expect(body).toContain('metric_samples_refused_total{metric="many_total"}');
  });

  it('attaches the active sampled trace as exemplar, in OpenMetrics only', async () => {
    const { metrics, lines } = setup(span);
    metrics.histogram({ name: 'seconds', help: 'Seconds.', buckets: [1] }).observe(0.25);
    const exemplar = /^seconds_bucket\{le="1"\} 1 # \{trace_id="4bf92f3577b34da6a3ce929d0e0e4736"\} 0\.25 \d+(\.\d+)?$/;
    expect((await lines('seconds_bucket', openMetrics))[0]).toMatch(exemplar);
    expect((await lines('seconds_bucket'))[0]).toBe('seconds_bucket{le="1"} 1');
    const unsampled = setup({ ...span, sampled: false });
    unsampled.metrics.histogram({ name: 'seconds', help: 'Seconds.', buckets: [1] }).observe(0.25);
    expect((await unsampled.lines('seconds_bucket', openMetrics))[0]).toBe('seconds_bucket{le="1"} 1');
  });

  it('renders both formats, in any order, as their specifications say', async () => {
    const { metrics } = setup();
    metrics
      .counter({ name: 'odd_total', help: 'Back\\slash,\nline and "quote".', labels: { l: ['a"b\\c\nd'] } })
      .inc({ l: 'a"b\\c\nd' });
    const first = await metrics.render(openMetrics);
    const second = await metrics.render('*/*');
    const third = await metrics.render(openMetrics);
    expect(first.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(first.body.endsWith('# EOF\n')).toBe(true);
    expect(first.body).toContain('# HELP odd Back\\\\slash,\\nline and \\"quote\\".\n# TYPE odd counter\n');
    expect(second.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(second.body).toContain('# HELP odd_total Back\\\\slash,\\nline and "quote".\n# TYPE odd_total counter\n');
    for (const { body } of [first, second, third]) expect(body).toContain('\nodd_total{l="a\\"b\\\\c\\nd"} 1\n');
    expect((await metrics.render('application/openmetrics-text;q=0, text/plain')).contentType).toContain('text/plain');
  });

  it('reads an observable gauge at each scrape, and shows no sample when it cannot', async () => {
    const { metrics, lines } = setup();
    let read: () => Promise<number> = async () => 7;
    metrics.observableGauge({ name: 'oldest_seconds', help: 'Oldest.' }, () => read());
    expect(await lines('oldest_seconds')).toEqual(['oldest_seconds 7']);
    read = () => Promise.reject(new Error('store is down'));
    expect(await lines('oldest_seconds')).toEqual([]);
    read = () => new Promise(() => undefined);
    expect(await lines('oldest_seconds')).toEqual([]);
    read = async () => 8;
    expect(await lines('oldest_seconds')).toEqual(['oldest_seconds 8']);
    expect(await lines('metric_samples_refused_total')).toEqual([
      'metric_samples_refused_total{metric="oldest_seconds"} 2',
    ]);
  });

  it('keeps the registries of several services apart, each with the metrics of Node', async () => {
    const one = setup();
    const other = setup();
    one.metrics.counter({ name: 'orders_total', help: 'Orders.' }).inc();
    other.metrics.counter({ name: 'orders_total', help: 'Orders.' }).inc(undefined, 5);
    expect(await one.lines('orders_total')).toEqual(['orders_total 1']);
    expect(await other.lines('orders_total')).toEqual(['orders_total 5']);
    for (const { metrics } of [one, other])
      expect((await metrics.render()).body).toContain('nodejs_eventloop_lag_p99_seconds ');
  });

  it('tells a wrong definition at start', () => {
    const { metrics } = setup();
    expect(() => metrics.counter({ name: 'orders', help: 'Orders.' })).toThrow('_total');
    metrics.gauge({ name: 'twice', help: 'Twice.' });
    expect(() => metrics.gauge({ name: 'twice', help: 'Twice.' })).toThrow('twice');
  });
});
