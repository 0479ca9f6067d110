import { inspect } from 'node:util';
import { type Context, runInContext } from '@glasshouse/telemetry';
import { type ClientOptions, type ClientRequest, type Clients, createClients, DownstreamError } from './client.js';
import { json, type PeerServer, startPeer } from './testing/peer-server.js';
import { type RecordedTelemetry, recordTelemetry } from './testing/recorded-telemetry.js';

const hold: ClientRequest = {
  method: 'PUT',
  path: '/internal/skus/:sku/holds/:orderId',
  params: { sku: 'TEA 1/2', orderId: 'o-1' },
  body: { quantity: 2 },
  expect: [200],
};

let recorded: RecordedTelemetry;
let peer: PeerServer;
let clients: Clients;

beforeEach(async () => {
  recorded = recordTelemetry();
  peer = await startPeer((response) => json(response, 200, { held: true }));
  clients = createClients({ telemetry: recorded.telemetry, serviceKey: 'order.s3cret', random: () => 0 });
});

afterEach(async () => {
  clients.close();
  await peer.stop();
});

const client = (options: Partial<ClientOptions> = {}) =>
  clients.create({ peer: 'product', baseUrl: peer.url, timeoutMs: 2_000, attempts: 1, ...options });

const failure = async (work: Promise<unknown>): Promise<DownstreamError> => {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DownstreamError)) throw error;
  return error;
};

describe('a request', () => {
  test('goes to the encoded path with its JSON body, and the parsed answer comes back', async () => {
    const answer = await client().request({ ...hold, query: { limit: 5, cursor: undefined, q: 'a&b' } });
    expect(answer).toMatchObject({
      status: 200,
      body: { held: true },
      headers: { 'content-type': 'application/json' },
    });
    expect(peer.requests).toMatchObject([
      {
        method: 'PUT',
        url: '/internal/skus/TEA%201%2F2/holds/o-1?limit=5&q=a%26b',
        headers: { 'content-type': 'application/json' },
        body: '{"quantity":2}',
      },
    ]);
  });

  test.each(['', '.', '..'])('is refused before it is sent if a parameter is %p', async (sku) => {
    await expect(client().request({ ...hold, params: { sku, orderId: 'o' } })).rejects.toMatchObject({
      kind: 'invalid',
    });
    expect(peer.requests).toHaveLength(0);
  });

  test('carries the trace, request id, user token, service key and remaining time of its context', async () => {
    const parent = recorded.telemetry.tracing.startSpan('POST /api/orders', { kind: 'server' });
    const context: Context = {
      span: parent,
      requestId: 'r-1',
      authorization: 'Bearer user-token',
      deadlineAt: Date.now() + 1_000,
    };
    await runInContext(context, () => client().request(hold));
    const [headers] = peer.requests.map((request) => request.headers);
    expect(headers).toMatchObject({
      'x-request-id': 'r-1',
      authorization: 'Bearer user-token',
      'x-service-key': 'order.s3cret',
    });
    expect(Number(headers?.['x-deadline-ms'])).toBeLessThanOrEqual(1_000);
    const [span] = recorded.spans;
    expect(headers?.traceparent).toBe(`00-${parent.traceId}-${span?.spanId}-01`);
    expect(span).toMatchObject({
      name: 'PUT product',
      traceId: parent.traceId,
      parentId: parent.spanId,
      tags: {
        'span.kind': 'client',
        component: 'http',
        'peer.service': 'product',
        'http.method': 'PUT',
        'http.route': '/internal/skus/:sku/holds/:orderId',
        'http.status_code': 200,
      },
    });
  });

  test('to a peer outside carries neither key nor token', async () => {
    const outside = client({ sendServiceKey: false });
    await runInContext({ authorization: 'Bearer user-token' }, () => outside.request(hold));
    expect(peer.requests[0]?.headers).not.toHaveProperty('x-service-key');
    expect(peer.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('is measured by peer, method and status', async () => {
    await client().request(hold);
    const labels = { peer_service: 'product', http_request_method: 'PUT', http_response_status_code: '200' };
    expect(await recorded.metric('http_client_request_duration_seconds_count', labels)).toBe(1);
  });

  test('uses a kept-alive connection again', async () => {
    const product = client();
    for (let n = 0; n < 5; n += 1) await product.request(hold);
    expect(peer.connections()).toBe(1);
  });

  test('is not led elsewhere by a redirect', async () => {
    peer.answer = (response) => response.writeHead(307, { location: `${peer.url}/elsewhere` }).end();
    expect(await failure(client().request(hold))).toMatchObject({ reason: 'status', peerStatus: 307 });
    expect(peer.requests).toHaveLength(1);
  });
});

describe('a failure', () => {
  test('to connect is certain not to have been sent', async () => {
    await peer.stop();
    const error = await failure(client().request(hold));
    expect(error).toMatchObject({
      reason: 'refused',
      outcome: 'not_sent',
      code: 'downstream_unavailable',
      status: 503,
    });
    expect(recorded.spans[0]?.tags).toMatchObject({ error: true, 'error.type': 'refused' });
    expect(inspect(error)).toContain('product refused ECONNREFUSED');
    const labels = { http_response_status_code: 'none' };
    expect(await recorded.metric('http_client_request_duration_seconds_count', labels)).toBe(1);
  });

  test('of a connection half-way leaves the outcome unknown', async () => {
    peer.answer = (response) => response.destroy();
    expect(await failure(client().request(hold))).toMatchObject({ reason: 'refused', outcome: 'unknown' });
  });

  test('of a connection within the body leaves the outcome unknown', async () => {
    peer.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"he');
      setImmediate(() => response.destroy());
    };
    expect(await failure(client().request(hold))).toMatchObject({ reason: 'refused', outcome: 'unknown' });
  });

  test('to answer in time is a timeout', async () => {
    peer.answer = () => {};
    const error = await failure(client({ timeoutMs: 100 }).request(hold));
    expect(error).toMatchObject({ reason: 'timeout', outcome: 'unknown', kind: 'timeout', status: 504 });
  });

  test('to finish a body in time is a timeout', async () => {
    peer.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"he');
    expect(await failure(client({ timeoutMs: 200 }).request(hold))).toMatchObject({ reason: 'timeout' });
  });

  test('is every status that the caller does not expect', async () => {
    peer.answer = (response) => json(response, 409, { code: 'out_of_stock' });
    expect(await failure(client().request(hold))).toMatchObject({
      reason: 'status',
      peerStatus: 409,
      kind: 'unavailable',
    });
    const answer = await client().request({ ...hold, expect: [200, 409] });
    expect(answer).toMatchObject({ status: 409, body: { code: 'out_of_stock' } });
    expect(recorded.spans.map((span) => span.tags.error)).toEqual([undefined, undefined]);
  });

  test('is an answer that is not the JSON it claims to be, and the answer is not quoted', async () => {
    peer.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"name":"Ada"');
    const error = await failure(client().request(hold));
    expect(error).toMatchObject({ reason: 'bad_answer', outcome: 'unknown' });
    expect(inspect(error)).not.toContain('Ada');
  });

  test('is an answer of more than a megabyte', async () => {
    peer.answer = (response) => json(response, 200, 'x'.repeat(2 ** 21));
    expect(await failure(client().request(hold))).toMatchObject({ reason: 'bad_answer' });
  });

  test('carries neither token nor key nor body anywhere in the error', async () => {
    await peer.stop();
    const product = client();
    const error = await runInContext({ authorization: 'Bearer user-token' }, () => failure(product.request(hold)));
    const everything =
      inspect(error, { depth: 20, showHidden: true }) + JSON.stringify([recorded.logs, recorded.spans]);
    for (const secret of ['user-token', 's3cret', 'quantity']) expect(everything).not.toContain(secret);
  });
});
