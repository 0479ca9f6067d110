import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createHazelcast, type Hazelcast } from './hazelcast.js';
import { type RecordedTelemetry, recordTelemetry } from './testing/recorded-telemetry.js';

let recorded: RecordedTelemetry;
let hazelcast: Hazelcast;

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const create = (port: number, graceMs = 0): void => {
  recorded = recordTelemetry();
  const { telemetry } = recorded;
  hazelcast = createHazelcast({ url: `hazelcast://127.0.0.1:${port}`, telemetry, suspensionMs: 0, graceMs });
};

const read = (): Promise<string | null> => hazelcast.use('m', (map) => map.get('k'));

afterEach(() => hazelcast.close());

test('nothing is loaded before the first use', async () => {
  const isLoaded = () => Object.keys(require.cache).some((file) => file.includes('hazelcast-client'));
  create(1);
  expect(isLoaded()).toBe(false);
  await expect(read()).rejects.toThrow();
  expect(isLoaded()).toBe(true);
});

describe('where nothing listens', () => {
  beforeEach(async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    create(port);
  });

  test('every use is refused, and the outage is one fact', async () => {
    for (let n = 0; n < 20; n += 1) await expect(read()).rejects.toThrow();
    expect(hazelcast.isUp()).toBe(false);
    expect(recorded.facts('cache.unavailable')).toMatchObject([{ 'log.level': 'warn' }]);
  });

  test('during the grace of a first connection nothing is a fact yet', async () => {
    create(1, 60_000);
    await expect(read()).rejects.toThrow();
    expect(recorded.facts('cache.unavailable')).toEqual([]);
  });

  test('closing ends the client that is still trying', async () => {
    await expect(read()).rejects.toThrow();
    await hazelcast.close();
    await expect(read()).rejects.toThrow('closed');
  });
});

test('a member that accepts and then says nothing holds nobody up', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  create(await listen(server));
  for (let n = 0; n < 20; n += 1) await expect(read()).rejects.toThrow();
  await hazelcast.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('while the store is down one caller at a time asks it, the others are refused at once', async () => {
  const server = createServer(() => {});
  create(await listen(server));
  await expect(read()).rejects.toThrow();
  let asked = 0;
  const hang = () => {
    asked += 1;
    return new Promise<never>(() => {});
  };
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => hazelcast.use('m', hang)));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(asked).toBeLessThanOrEqual(1);
  const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : ''));
  expect(reasons.filter((reason) => reason.includes('suspended'))).toHaveLength(2);
  await hazelcast.close();
  await new Promise((resolve) => server.close(resolve));
});
