import { runInContext } from '@glasshouse/telemetry';
import { type ClientOptions, type ClientRequest, type Clients, createClients } from './client.js';
import { json, type PeerServer, startPeer } from './testing/peer-server.js';
import { type RecordedTelemetry, recordTelemetry } from './testing/recorded-telemetry.js';

const charge: ClientRequest = { method: 'PUT', path: '/internal/payments/:id', params: { id: 'o-1' }, expect: [200] };

let recorded: RecordedTelemetry;
let peer: PeerServer;
let clients: Clients;

beforeEach(async () => {
  recorded = recordTelemetry();
  peer = await startPeer((response) => json(response, 200, {}));
  clients = createClients({ telemetry: recorded.telemetry, random: () => 0 });
});

afterEach(async () => {
  clients.close();
  await peer.stop();
});

const client = (options: Partial<ClientOptions> = {}) =>
  clients.create({ peer: 'payment', baseUrl: peer.url, timeoutMs: 2_000, attempts: 2, ...options });

/** Answers the first requests with these statuses and all others with 200; 0 closes the connection. */
const answerFirst = (...statuses: number[]): void => {
  peer.answer = (response) => {
    const status = statuses.shift() ?? 200;
    if (status === 0) response.destroy();
    else json(response, status, {});
  };
};

test.each([0, 502, 503, 504])('%d is tried again, and the success is counted', async (status) => {
  answerFirst(status);
  expect(await client().request(charge)).toMatchObject({ status: 200 });
  expect(peer.requests).toHaveLength(2);
  expect(await recorded.metric('retries_total', { peer_service: 'payment', outcome: 'succeeded' })).toBe(1);
  expect(recorded.facts('downstream.retried')).toMatchObject([
    { 'log.level': 'warn', 'service.target.name': 'payment', 'glasshouse.attempt': 1 },
  ]);
});

test('each attempt has a span of its own', async () => {
  answerFirst(503);
  await client().request(charge);
  expect(recorded.spans.map(({ name, tags }) => [name, tags['http.status_code'], tags['http.resend_count']])).toEqual([
    ['PUT payment', 503, undefined],
    ['PUT payment', 200, 1],
  ]);
});

test.each([400, 404, 409, 429, 500])('%d is not tried again', async (status) => {
  answerFirst(status);
  await expect(client().request(charge)).rejects.toMatchObject({ peerStatus: status });
  expect(peer.requests).toHaveLength(1);
});

test('a status that the caller expects is not tried again', async () => {
  answerFirst(503);
  expect(await client().request({ ...charge, expect: [200, 503] })).toMatchObject({ status: 503 });
  expect(peer.requests).toHaveLength(1);
});

test('the attempts end, and the last failure is the answer', async () => {
  answerFirst(503, 504, 503);
  await expect(client({ attempts: 3 }).request(charge)).rejects.toMatchObject({ reason: 'status', peerStatus: 503 });
  expect(peer.requests).toHaveLength(3);
  expect(await recorded.metric('retries_total', { outcome: 'failed' })).toBe(2);
});

test('once an outcome was unknown, a later refusal does not make it certain', async () => {
  peer.answer = (response) => {
    response.destroy();
    void peer.stop();
  };
  await expect(client().request(charge)).rejects.toMatchObject({ reason: 'refused', outcome: 'unknown' });
});

describe('with a deadline', () => {
  test('no attempt takes longer than the request has left', async () => {
    peer.answer = () => {};
    const product = client({ timeoutMs: 60_000 });
    const work = runInContext({ deadlineAt: Date.now() + 300 }, () => product.request(charge));
    await expect(work).rejects.toMatchObject({ reason: 'timeout' });
    expect(peer.requests).toHaveLength(1);
    expect(Number(peer.requests[0]?.headers['x-deadline-ms'])).toBeLessThanOrEqual(300);
  });

  test('nothing is sent with less than 50 ms left', async () => {
    const work = runInContext({ deadlineAt: Date.now() + 40 }, () => client().request(charge));
    await expect(work).rejects.toMatchObject({ reason: 'no_time', outcome: 'not_sent', kind: 'timeout' });
    expect(peer.requests).toHaveLength(0);
  });

  test('a failure is not tried again without time for it', async () => {
    answerFirst(503);
    // The pause would be 200 ms, and another attempt needs 50.
    const patient = createClients({ telemetry: recordTelemetry().telemetry, random: () => 1 });
    const payment = patient.create({ peer: 'payment', baseUrl: peer.url, timeoutMs: 2_000, attempts: 2 });
    const work = runInContext({ deadlineAt: Date.now() + 240 }, () => payment.request(charge));
    await expect(work).rejects.toMatchObject({ peerStatus: 503 });
    expect(peer.requests).toHaveLength(1);
    patient.close();
  });
});
