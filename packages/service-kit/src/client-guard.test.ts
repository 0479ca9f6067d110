import { type ClientRequest, createClients } from './client.js';
import { DownstreamError } from './client-error.js';
import { type BreakerState, createGuard, type Guard } from './client-guard.js';
import { startPeer } from './testing/peer-server.js';
import { recordTelemetry } from './testing/recorded-telemetry.js';

const guards: Guard[] = [];
afterEach(() => {
  for (const guard of guards.splice(0)) guard.close();
});

const createTestGuard = (options: { capacity?: number; maxWaiting?: number } = {}) => {
  const states: BreakerState[] = [];
  const onState = (state: BreakerState) => states.push(state);
  const guard = createGuard({ peer: 'product', breaker: true, capacity: 64, maxWaiting: 64, ...options, onState });
  guards.push(guard);
  return { guard, states };
};

const failed = (peerStatus: number) =>
  new DownstreamError({ peer: 'product', reason: 'status', outcome: 'unknown', status: peerStatus });

/** Calls one after the other, so that each sees what the one before has done to the breaker. */
const callAll = async (guard: Guard, outcomes: readonly (Error | undefined)[]): Promise<void> => {
  for (const error of outcomes) {
    await guard.run(1_000, () => (error ? Promise.reject(error) : Promise.resolve())).catch(() => {});
  }
};

const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

describe('the breaker', () => {
  test('opens when half of at least 20 calls failed, and then refuses without calling', async () => {
    const { guard, states } = createTestGuard();
    await callAll(guard, [...times(10, undefined), ...times(9, failed(503))]);
    expect(states).toEqual([]);
    await callAll(guard, [failed(503)]);
    expect(states).toEqual(['open']);
    const call = jest.fn();
    await expect(guard.run(1_000, call)).rejects.toMatchObject({ reason: 'breaker_open', outcome: 'not_sent' });
    expect(call).not.toHaveBeenCalled();
  });

  test('stays closed while fewer than half of the calls fail, and before the 20th call', async () => {
    const { guard, states } = createTestGuard();
    await callAll(guard, times(19, failed(503)));
    expect(states).toEqual([]);
    const { guard: other, states: otherStates } = createTestGuard();
    await callAll(other, [...times(30, undefined), ...times(25, failed(503))]);
    expect(otherStates).toEqual([]);
  });

  test('does not count answers below 500 as failures', async () => {
    const { guard, states } = createTestGuard();
    await callAll(guard, times(40, failed(409)));
    expect(states).toEqual([]);
  });

  test('lets one call try after 5 s, and closes if it succeeds', async () => {
    jest.useFakeTimers();
    try {
      const { guard, states } = createTestGuard();
      await callAll(guard, times(20, failed(503)));
      await jest.advanceTimersByTimeAsync(5_001);
      expect(states).toEqual(['open', 'half_open']);
      await callAll(guard, [undefined, undefined]);
      expect(states).toEqual(['open', 'half_open', 'closed']);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('the bulkhead', () => {
  const deferred = () => {
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    return { open, opened };
  };

  test('runs as many calls at once as it has room for, and the others in their order', async () => {
    const { guard } = createTestGuard({ capacity: 2, maxWaiting: 2 });
    const started: number[] = [];
    const gates = [deferred(), deferred(), deferred(), deferred()];
    const calls = gates.map(({ opened }, index) =>
      guard.run(5_000, async () => {
        started.push(index);
        await opened;
      }),
    );
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    gates[1]?.open();
    await calls[1];
    expect(started).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    await Promise.all(calls);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  test('refuses at once who finds the waiting room full', async () => {
    const { guard, states } = createTestGuard({ capacity: 1, maxWaiting: 0 });
    const gate = deferred();
    const first = guard.run(1_000, () => gate.opened);
    await expect(guard.run(1_000, async () => {})).rejects.toMatchObject({
      outcome: 'not_sent',
      note: 'bulkhead full',
    });
    gate.open();
    await first;
    await expect(guard.run(1_000, async () => 'in')).resolves.toBe('in');
    expect(states).toEqual([]);
  });

  test('sends away who has waited too long, and gives the place to nobody twice', async () => {
    const { guard } = createTestGuard({ capacity: 1, maxWaiting: 1 });
    const gate = deferred();
    const first = guard.run(1_000, () => gate.opened);
    await expect(guard.run(20, async () => {})).rejects.toMatchObject({ reason: 'timeout', outcome: 'not_sent' });
    gate.open();
    await first;
    await expect(guard.run(20, async () => 'in')).resolves.toBe('in');
  });
});

test('a peer that fails is told by gauge and log, and is not asked any more', async () => {
  const recorded = recordTelemetry();
  const peer = await startPeer((response) => response.writeHead(500).end());
  const clients = createClients({ telemetry: recorded.telemetry });
  const product = clients.create({ peer: 'product', baseUrl: peer.url, timeoutMs: 1_000, attempts: 1 });
  const request: ClientRequest = { method: 'GET', path: '/', expect: [200] };
  try {
    expect(await recorded.metric('circuit_breaker_state', { peer_service: 'product' })).toBe(0);
    for (let n = 0; n < 20; n += 1) await product.request(request).catch(() => {});
    await expect(product.request(request)).rejects.toMatchObject({ reason: 'breaker_open' });
    expect(peer.requests).toHaveLength(20);
    expect(await recorded.metric('circuit_breaker_state', { peer_service: 'product' })).toBe(2);
    expect(recorded.facts('circuit_breaker.opened')).toMatchObject([
      { 'log.level': 'warn', 'service.target.name': 'product' },
    ]);
  } finally {
    clients.close();
    await peer.stop();
  }
});
