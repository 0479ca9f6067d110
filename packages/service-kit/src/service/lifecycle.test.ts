import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import request from 'supertest';
import { kitErrors } from '../errors.js';
import { ok } from '../http/replies.js';
import { defineRoute } from '../http/routes.js';
import { type KitService, startKitService } from '../testing/kit-service.js';
import { waitFor } from '../testing/wait-for.js';

interface Gate {
  opened: Promise<void>;
  open: () => void;
  /** Whether a request stands before it. */
  isReached: boolean;
  isPassed: boolean;
}

const createGate = (): Gate => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open, isReached: false, isPassed: false };
};

const base = { access: 'anyone', tag: 't', summary: 's', answers: { 200: { description: 'ok' } } } as const;
const slowRoute = (gate: Gate) =>
  defineRoute({
    ...base,
    method: 'get',
    path: '/api/slow',
    handler: async () => {
      gate.isReached = true;
      await gate.opened;
      gate.isPassed = true;
      return ok({ done: true });
    },
  });

let running: KitService[] = [];
const start = async (options: Parameters<typeof startKitService>[0]): Promise<KitService> => {
  const service = await startKitService(options);
  running.push(service);
  return service;
};
afterEach(async () => {
  await Promise.all(running.map((service) => service.stop()));
  running = [];
});

const readiness = async (service: KitService) => (await request(service.admin).get('/health/ready')).body;
const isReady = (service: KitService) => async () => (await readiness(service)).status === 'ok';

describe('a service that starts', () => {
  test('listens on the ports it tells, the internal one only if it has something there', async () => {
    const service = await start({});
    expect((await request(service.app).get('/')).status).toBe(404);
    expect(service.internal).toBe('http://127.0.0.1:0');
    expect(service.facts('service.started')).toHaveLength(1);
  });

  test('is alive at once and ready when onStart has succeeded, however often it takes', async () => {
    let attempts = 0;
    const onStart = async (): Promise<void> => {
      attempts += 1;
      if (attempts < 3) throw kitErrors.databaseUnavailable();
    };
    const service = await start({ prepare: () => ({ onStart }) });
    expect((await request(service.admin).get('/health/live')).status).toBe(200);
    await waitFor('readiness', isReady(service));
    expect(attempts).toBe(3);
    expect(service.facts('service.start_failed')).toHaveLength(2);
  });

  test('is alive without its database, and says that it is not ready', async () => {
    const service = await start({
      prepare: (kit) => {
        kit.database({ url: 'mongodb://127.0.0.1:9/product' });
        return {};
      },
    });
    expect((await request(service.admin).get('/health/live')).status).toBe(200);
    expect(await readiness(service)).toEqual({
      status: 'unavailable',
      checks: { service: 'starting', database: 'unavailable' },
    });
  });

  test('on a port that is taken fails with a line that names port and variable', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(startKitService({ env: { PORT: String(port) } })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: another process listens there. Set PORT to another port.`,
    );
    other.close();
  });
});

describe('a service that goes down', () => {
  test('answers what it has begun, and ends the connection', async () => {
    const gate = createGate();
    const service = await start({ app: () => ({ routes: [slowRoute(gate)] }) });
    const answer = fetch(`${service.app}/api/slow`);
    await waitFor('the request', () => gate.isReached);
    const stopped = service.stop();
    await waitFor('draining', () => service.facts('service.stopping').length === 1);
    gate.open();
    expect(await (await answer).json()).toEqual({ done: true });
    await stopped;
    await expect(fetch(service.app)).rejects.toThrow();
  });

  test('is not ready at once, still answers for the drain delay, and keeps no connection', async () => {
    const service = await start({ overrides: { drainDelayMs: 400 } });
    await waitFor('readiness', isReady(service));
    const stopped = service.stop();
    expect(await readiness(service)).toMatchObject({ status: 'unavailable', checks: { service: 'draining' } });
    const response = await request(service.app).get('/');
    expect(response.body.code).toBe('route_not_found');
    expect(response.headers.connection).toBe('close');
    await stopped;
  });

  test('ends idle connections that were kept alive', async () => {
    const service = await start({});
    const socket = connect(Number(new URL(service.app).port), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: shop\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    const rest = text(socket);
    await service.stop();
    expect(await rest).toBeDefined();
  });

  test('does it once, whoever asks', async () => {
    const service = await start({});
    await Promise.all([service.service.stop(), service.service.stop()]);
    expect(service.facts('service.stopped')).toHaveLength(1);
  });

  test('runs onStop after the last answer, and flushes its log last', async () => {
    const gate = createGate();
    let wasPassed = false;
    const onStop = async (): Promise<void> => {
      wasPassed = gate.isPassed;
    };
    const service = await start({ app: () => ({ routes: [slowRoute(gate)] }), prepare: () => ({ onStop }) });
    const answer = fetch(`${service.app}/api/slow`);
    await waitFor('the request', () => gate.isReached);
    const stopped = service.stop();
    gate.open();
    await answer;
    await stopped;
    expect(wasPassed).toBe(true);
    expect(service.logs.at(-1)).toMatchObject({ 'event.action': 'service.stopped' });
  });
});

describe('a job', () => {
  test('runs again and again, never twice at once, and ends with the service', async () => {
    let runs = 0;
    let atOnce = 0;
    let most = 0;
    const run = async (): Promise<void> => {
      runs += 1;
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setTimeout(resolve, 5));
      atOnce -= 1;
    };
    const service = await start({
      prepare: (kit) => {
        kit.every({ name: 'recovery', intervalMs: 1, run });
        return {};
      },
    });
    await waitFor('three runs', () => runs >= 3);
    await service.stop();
    const after = runs;
    expect(most).toBe(1);
    expect(atOnce).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(runs).toBe(after);
  });

  test('that fails is stated, and runs again', async () => {
    let runs = 0;
    const run = async (): Promise<void> => {
      runs += 1;
      throw new Error('no store');
    };
    const service = await start({
      prepare: (kit) => {
        kit.every({ name: 'recovery', intervalMs: 1, run });
        return {};
      },
    });
    await waitFor('two runs', () => runs >= 2);
    expect(service.facts('job.failed')[0]).toMatchObject({ 'glasshouse.job': 'recovery', 'log.level': 'warn' });
  });

  test('is awaited, and told by its signal', async () => {
    let ended = false;
    let begun = false;
    const run = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        begun = true;
        signal.addEventListener('abort', () => {
          ended = true;
          resolve();
        });
      });
    const service = await start({
      prepare: (kit) => {
        kit.every({ name: 'recovery', intervalMs: 1, run });
        return {};
      },
    });
    await waitFor('the run', () => begun);
    await service.stop();
    expect(ended).toBe(true);
  });
});
