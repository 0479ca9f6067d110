import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { createEvidence, type Evidence, isError, type LogLine, type Span, sumOf, toAncestry } from './evidence.js';
import { type Answer, type Customer, services, startShop, type TestShop } from './shop.js';

const lines = [{ sku: 'TEA-001', quantity: 2 }];

let shop: TestShop;
let evidence: Evidence;
let customer: Customer;

beforeAll(async () => {
  shop = await startShop();
  evidence = createEvidence(shop.addresses);
  customer = await shop.newCustomer();
});
afterAll(() => shop?.stop());

const scrapeAll = async () =>
  new Map(await Promise.all(services.map(async (name) => [name, await evidence.scrape(name)] as const)));

describe('one purchase', () => {
  let purchase: Answer;
  let before: Awaited<ReturnType<typeof scrapeAll>>;
  let after: Awaited<ReturnType<typeof scrapeAll>>;
  let spans: Span[];
  let logs: LogLine[];

  beforeAll(async () => {
    // The first one of a shop that has just started may take longer than its deadline and be finished by the recovery.
    purchase = await waitFor(
      'an order that is confirmed within its request',
      async () => {
        before = await scrapeAll();
        const answer = await shop.order(customer.token, { lines, paymentMethod: 'card_ok' });
        return answer.status === 201 ? answer : undefined;
      },
      60_000,
    );
    after = await scrapeAll();
    ({ spans, logs } = await evidence.wholeTrace(purchase.traceId));
  });

  const named = (name: string): Span => {
    const found = spans.filter((span) => `${span.service} ${span.name}` === name);
    if (found[0] === undefined) throw new Error(`no span ${name}`);
    return found[0];
  };

  test('leaves one trace with every service that took part in it', () => {
    expect([...new Set(spans.map(({ service }) => service))].sort()).toEqual([
      'customer',
      'gateway',
      'order',
      'payment',
      'product',
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([purchase.traceId]));
  });

  test('has one root, the request at the gateway, and every other span has its parent in the trace', () => {
    const roots = spans.filter(({ parentId }) => parentId === undefined);
    expect(roots.map(({ service, name }) => `${service} ${name}`)).toEqual(['gateway POST /api/orders']);
    const ids = new Set(spans.map(({ spanId }) => spanId));
    expect(spans.filter(({ parentId }) => parentId !== undefined && !ids.has(parentId))).toEqual([]);
    expect(ids.size).toBe(spans.length);
  });

  test.each([
    {
      leaf: 'product skus.findOneAndUpdate',
      path: ['order order.reserve', 'order PUT product', 'product PUT /internal/skus/:sku/holds/:orderId'],
    },
    {
      leaf: 'payment payments.insert',
      path: ['order order.charge', 'order PUT payment', 'payment PUT /internal/payments/:orderId'],
    },
    {
      leaf: 'product skus.update',
      path: ['order order.confirm', 'order PUT product', 'product PUT /internal/skus/:sku/holds/:orderId/commit'],
    },
    { leaf: 'customer customers.findOne', path: ['order GET customer', 'customer GET /internal/customers/:id'] },
    { leaf: 'product skus.find', path: ['order POST product', 'product POST /internal/prices'] },
    { leaf: 'order orders.insert', path: [] },
  ])('leads link by link from the gateway to $leaf', ({ leaf, path }) => {
    const entry = ['gateway POST /api/orders', 'gateway POST order', 'order POST /api/orders'];
    expect(toAncestry(spans, named(leaf))).toEqual([...entry, ...path, leaf]);
  });

  test('shows the steps of the saga in their order, each ended by the write that follows its arrow', () => {
    const steps = spans.filter(({ name }) => name.startsWith('order.')).sort((a, b) => a.startedAtUs - b.startedAtUs);
    expect(steps.map(({ name }) => name)).toEqual(['order.reserve', 'order.charge', 'order.confirm']);
    for (const step of steps) {
      const children = spans.filter(({ parentId }) => parentId === step.spanId);
      expect(children.map(({ name }) => name)).toContain('orders.findOneAndUpdate');
      expect(step.tags['glasshouse.order.id']).toBe(purchase.body.id);
    }
  });

  test('has spans that say what they are', () => {
    expect(named('gateway POST order').tags).toMatchObject({
      'span.kind': 'client',
      'peer.service': 'order',
      'http.status_code': 201,
    });
    expect(named('order POST /api/orders').tags).toMatchObject({
      'span.kind': 'server',
      'http.method': 'POST',
      'http.route': '/api/orders',
      'http.status_code': 201,
    });
    expect(named('payment payments.insert').tags).toMatchObject({
      'span.kind': 'client',
      'db.type': 'mongodb',
      'db.operation': 'insert',
      'db.collection': 'payments',
    });
    expect(spans.filter(isError)).toEqual([]);
  });

  test('has no span that begins before its parent', () => {
    // Two processes read the same clock, each with its own rounding.
    const toleranceUs = 5_000;
    for (const span of spans) {
      const parent = spans.find(({ spanId }) => spanId === span.parentId);
      expect(span.startedAtUs).toBeGreaterThanOrEqual((parent?.startedAtUs ?? 0) - toleranceUs);
    }
  });

  test('answers with the trace id and the request id that all of its evidence bears', () => {
    const requestId = purchase.headers.get('x-request-id');
    expect(purchase.headers.get('traceresponse')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    const servers = spans.filter(({ tags }) => tags['span.kind'] === 'server');
    expect(new Set(servers.map(({ tags }) => tags['request.id']))).toEqual(new Set([requestId]));
  });

  test('has one trace id in all log lines of all services, and each line names a span of that trace', async () => {
    const requestId = purchase.headers.get('x-request-id');
    const lines = await evidence.logs({ term: { 'request.id': requestId } });
    expect(new Set(lines.map((line) => line['trace.id']))).toEqual(new Set([purchase.traceId]));
    expect(lines.length).toBe(logs.length);
    expect(new Set(lines.map((line) => line['service.name']))).toEqual(
      new Set(['gateway', 'order', 'customer', 'product', 'payment']),
    );
    for (const line of lines) {
      const span = spans.find(({ spanId }) => spanId === line['span.id']);
      expect(span?.service).toBe(line['service.name']);
    }
  });

  test('says in its log lines what happened, by ECS names', () => {
    const actions = logs.map((line) => line['event.action']);
    expect(actions).toEqual(
      expect.arrayContaining(['order.accepted', 'order.reserved', 'order.charged', 'order.placed']),
    );
    const placed = logs.find((line) => line['event.action'] === 'order.placed');
    expect(placed).toMatchObject({
      '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      'log.level': 'info',
      'service.name': 'order',
      'service.version': expect.any(String),
      'service.instance.id': expect.any(String),
      'user.id': customer.id,
      'glasshouse.order.id': purchase.body.id,
      'glasshouse.order.number': purchase.body.orderNo,
    });
    const access = logs.find((line) => line['event.action'] === 'http.request' && line['service.name'] === 'gateway');
    expect(access).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/api/orders',
      'http.response.status_code': 201,
      'event.duration': expect.any(Number),
    });
  });

  test('stands in the log files too, the second copy of every line', async () => {
    const directory = join(shop.dataDirectory, 'logs');
    const files = await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8')));
    const copies = files
      .join('')
      .split('\n')
      .filter((line) => line.includes(purchase.traceId));
    expect(copies.map((line) => JSON.parse(line)['event.id']).sort()).toEqual(
      logs.map((line) => line['event.id']).sort(),
    );
  });

  test('moves the metrics of the business and of each hop by one', () => {
    const delta = (service: (typeof services)[number], name: string, labels: Record<string, string> = {}): number =>
      sumOf(after.get(service) ?? [], name, labels) - sumOf(before.get(service) ?? [], name, labels);
    const served = 'http_server_request_duration_seconds_count';
    expect(delta('order', 'orders_total', { outcome: 'confirmed' })).toBe(1);
    expect(delta('order', 'order_value_euros_count')).toBe(1);
    expect(delta('order', 'order_value_euros_sum')).toBeCloseTo(purchase.body.total.amount / 100, 5);
    expect(delta('payment', 'payments_total', { outcome: 'succeeded' })).toBe(1);
    expect(delta('product', 'stock_reservations_total', { outcome: 'held' })).toBe(1);
    expect(delta('gateway', served, { http_route: '/api/orders', http_response_status_code: '201' })).toBe(1);
    expect(delta('order', served, { http_route: '/api/orders', http_response_status_code: '201' })).toBe(1);
    expect(delta('payment', served, { http_route: '/internal/payments/:orderId' })).toBe(1);
    expect(delta('order', 'http_client_request_duration_seconds_count', { peer_service: 'product' })).toBe(3);
    expect(delta('payment', 'db_client_operation_duration_seconds_count', { db_operation: 'insert' })).toBe(1);
    expect(sumOf(after.get('gateway') ?? [], 'http_server_active_requests')).toBe(0);
  });

  test('is what the exemplar on the histogram points at', async () => {
    const bucket = 'http_server_request_duration_seconds_bucket';
    const exemplar = (after.get('gateway') ?? []).find(
      ({ name, labels, exemplarTraceId }) =>
        name === bucket && labels.http_route === '/api/orders' && exemplarTraceId === purchase.traceId,
    );
    expect(exemplar?.labels.http_response_status_code).toBe('201');
    const query = new URLSearchParams({ query: `${bucket}{job="gateway",http_route="/api/orders"}` });
    const url = `${shop.addresses().prometheus}/api/v1/query_exemplars?${query}`;
    const traceIds = await waitFor(
      'the scraped exemplar',
      async () => {
        const { data } = (await (await fetch(url)).json()) as {
          data: { exemplars: { labels: { trace_id: string } }[] }[];
        };
        const ids = data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
        return ids.includes(purchase.traceId) ? ids : undefined;
      },
      30_000,
    );
    for (const traceId of traceIds) expect((await evidence.spans(traceId)).length).toBeGreaterThan(0);
  });
});

test('an invoice is rendered by a thread, whose own span is the child of the one that waited for it', async () => {
  const order = await waitFor(
    'an order',
    async () => {
      const answer = await shop.order(customer.token, { lines, paymentMethod: 'card_ok' });
      return answer.status === 201 ? answer : undefined;
    },
    60_000,
  );
  // The first one waits for its thread to start, and may be late.
  const invoice = await waitFor('the invoice', async () => {
    const answer = await shop.call('GET', `/api/orders/${order.body.id}/invoice`, { token: customer.token });
    return answer.status === 200 ? answer : undefined;
  });
  expect(invoice.headers.get('content-type')).toBe('application/pdf');
  expect(invoice.body.slice(0, 5)).toBe('%PDF-');
  const { spans } = await evidence.wholeTrace(invoice.traceId);
  const own = spans.find(({ name }) => name === 'invoice.render');
  expect(own && toAncestry(spans, own)).toEqual([
    'gateway GET /api/orders/:id/invoice',
    'gateway GET order',
    'order GET /api/orders/:id/invoice',
    'order thread invoice.render',
    'order invoice.render',
  ]);
});

test('a product is read through the cache: the first time from the database, then without it', async () => {
  const hits = () => evidence.metric('product', 'cache_requests_total', { result: 'hit' });
  const hitsBefore = await hits();
  const read = async () => (await evidence.wholeTrace((await shop.call('GET', '/api/products/TEA-007')).traceId)).spans;
  const [first, second] = [await read(), await read()];
  const cached = (spans: Span[]) => spans.find(({ name }) => name === 'cache.get products');
  expect(cached(first)?.service).toBe('product');
  expect(first.map(({ name }) => name)).toContain('skus.findOne');
  expect(cached(second)?.service).toBe('product');
  expect(second.filter(({ tags }) => tags['db.type'] !== undefined)).toEqual([]);
  expect(await hits()).toBe(hitsBefore + 1);
});

test('an answer of 404 is no error span', async () => {
  const answer = await shop.call('GET', '/api/products/NOPE');
  expect(answer.status).toBe(404);
  const { spans } = await evidence.wholeTrace(answer.traceId);
  expect(spans.filter(isError)).toEqual([]);
});

test('an answer of 503 is an error in the span of whoever gave it and of whoever passed it on', async () => {
  const faults = `${shop.addresses().admin.product}/faults`;
  const headers = { 'content-type': 'application/json' };
  const fault = [{ route: 'GET /api/products/:sku', status: 503 }];
  expect((await fetch(faults, { method: 'PUT', headers, body: JSON.stringify(fault) })).status).toBe(200);
  const answer = await shop.call('GET', '/api/products/TEA-001');
  await fetch(faults, { method: 'DELETE' });
  expect(answer.status).toBe(503);
  expect(answer.body).toMatchObject({ code: 'injected_fault', traceId: answer.traceId });
  const { spans, logs } = await evidence.wholeTrace(answer.traceId);
  const failed = new Set(spans.filter(isError).map(({ service, name }) => `${service} ${name}`));
  expect(failed).toEqual(
    new Set(['gateway GET /api/products/:sku', 'gateway GET product', 'product GET /api/products/:sku']),
  );
  expect(logs.some((line) => line['error.code'] === 'injected_fault')).toBe(true);
});

test('health checks and scrapes are neither traced nor logged', async () => {
  await Promise.all(
    services.flatMap((name) =>
      ['/health/live', '/health/ready', '/metrics'].map((path) => fetch(`${shop.addresses().admin[name]}${path}`)),
    ),
  );
  // Whatever those had left would have been sent no later than the trace of a request after them.
  await evidence.wholeTrace((await shop.call('GET', '/api/products')).traceId);
  for (const name of services) {
    const response = await fetch(`${shop.addresses().jaeger}/api/services/${name}/operations`);
    const { data } = (await response.json()) as { data: string[] };
    expect(data.filter((operation) => /health|metrics/.test(operation))).toEqual([]);
  }
  expect(await evidence.count({ query_string: { query: 'http.route:\\/health* OR http.route:\\/metrics*' } })).toBe(0);
});

describe('an outside caller’s trace', () => {
  const traceId = '80f198ee56343ba864fe8b2a57d3eff7';
  const spanId = 'e457b5a2e4d86bd1';

  test.each([
    ['W3C traceparent', { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'vendor=1', baggage: 'a=1' }],
    ['single-header B3', { b3: `${traceId}-${spanId}-1` }],
    ['multi-header B3', { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '1' }],
    ['Jaeger', { 'uber-trace-id': `${traceId}:${spanId}:0:3`, 'uberctx-a': '1', 'jaeger-debug-id': 'x' }],
  ])('by %s is a reference only', async (_form, headers) => {
    const answer = await shop.call('GET', '/api/products/TEA-001', { headers });
    expect(answer.traceId).not.toBe(traceId);
    const { spans } = await evidence.wholeTrace(answer.traceId);
    const roots = spans.filter(({ parentId }) => parentId === undefined);
    expect(roots.map(({ followsFrom }) => followsFrom)).toEqual([[traceId]]);
    expect(spans.filter(({ followsFrom }) => followsFrom.length > 0)).toEqual(roots);
    expect(await evidence.spans(traceId)).toEqual([]);
  });

  test('that cannot be read is as if there were none', async () => {
    const headers = { traceparent: '00-zz-1-01', b3: '1-2-3-4-5', 'uber-trace-id': ':::' };
    const answer = await shop.call('GET', '/api/products/TEA-001', { headers });
    expect(answer.status).toBe(200);
    const { spans } = await evidence.wholeTrace(answer.traceId);
    expect(spans.flatMap(({ followsFrom }) => followsFrom)).toEqual([]);
  });
});
