import { createHmac } from 'node:crypto';
import type { AppError, Clock } from '@glasshouse/service-kit';
import type { Client, Credential, RefreshFamily, Throttle } from '../domain.js';
import type { Ports, VerifiedToken } from '../use-cases/ports.js';

interface FakeClock extends Clock {
  advance(ms: number): void;
}

export interface FakePorts extends Ports {
  clock: FakeClock;
  /** The facts stated so far, `name:first argument`. */
  facts: string[];
  state: {
    credentials: Map<string, Credential>;
    families: Map<string, RefreshFamily>;
    clients: Map<string, Client>;
    throttles: Map<string, Throttle>;
    failures: Map<string, number>;
  };
}

/** The ports of the use cases in memory, each operation as atomic as its one write in the database. */
export const createFakePorts = (): FakePorts => {
  const facts: string[] = [];
  const state = {
    credentials: new Map<string, Credential>(),
    families: new Map<string, RefreshFamily>(),
    clients: new Map<string, Client>(),
    throttles: new Map<string, Throttle>(),
    failures: new Map<string, number>(),
  };
  let nowMs = Date.parse('2026-01-01T12:00:00Z');
  let drawn = 0;
  const issued = new Map<string, VerifiedToken>();
  const clock: FakeClock = {
    now: () => new Date(nowMs),
    advance(ms) {
      nowMs += ms;
    },
  };
  const probe = new Proxy({} as Ports['probe'], {
    get: (_target, name) => (first?: unknown) => void facts.push(`${String(name)}:${String(first ?? '')}`),
  });
  return {
    facts,
    state,
    clock,
    probe,
    failuresPerAddress: 20,
    randomBytes(size) {
      drawn += 1;
      return createHmac('sha512', 'fake').update(String(drawn)).digest().subarray(0, size);
    },
    credentials: {
      find: async (id) => state.credentials.get(id),
      findByEmail: async (email) =>
        [...state.credentials.values()].find((each) => each.state === 'ACTIVE' && each.email === email) as never,
      async insert(credential) {
        const isTaken = [...state.credentials.values()].some(
          (each) => each.id === credential.id || (each.state === 'ACTIVE' && each.email === credential.email),
        );
        if (!isTaken) state.credentials.set(credential.id, credential);
        return !isTaken;
      },
      async replacePassword(id, passwordHash) {
        const found = state.credentials.get(id);
        if (found?.state === 'ACTIVE') state.credentials.set(id, { ...found, passwordHash });
      },
      async remove(id, removedAt) {
        const wasActive = state.credentials.get(id)?.state === 'ACTIVE';
        state.credentials.set(id, { state: 'REMOVED', id, removedAt });
        return wasActive;
      },
    },
    families: {
      insert: async (family) => void state.families.set(family.id, family),
      find: async (id) => state.families.get(id),
      async rotate({ id, from, to, now }) {
        const family = state.families.get(id);
        if (family?.currentHash !== from || family.revokedAt !== undefined) return false;
        state.families.set(id, { ...family, currentHash: to, previousHash: from, rotatedAt: now });
        return true;
      },
      async revoke(id, now) {
        const family = state.families.get(id);
        if (family === undefined || family.revokedAt !== undefined) return false;
        state.families.set(id, { ...family, revokedAt: now });
        return true;
      },
      async revokeAllOf(sub, now) {
        for (const [id, family] of state.families) {
          if (family.sub === sub) state.families.set(id, { ...family, revokedAt: now });
        }
      },
    },
    clients: {
      find: async (id) => state.clients.get(id),
      put: async (client) => void state.clients.set(client.id, client),
    },
    throttles: {
      find: async (key) => state.throttles.get(key),
      async replace(key, seen, next) {
        if (state.throttles.get(key) !== seen) return false;
        state.throttles.set(key, next);
        return true;
      },
      async countFailure(key, now) {
        const { failures = 0, blockedUntil = now } = state.throttles.get(key) ?? {};
        state.throttles.set(key, { failures: failures + 1, blockedUntil });
        return failures + 1;
      },
      async block(key, blockedUntil) {
        state.throttles.set(key, { failures: state.throttles.get(key)?.failures ?? 0, blockedUntil });
      },
      clear: async (key) => void state.throttles.delete(key),
    },
    addressFailures: {
      get: async (address) => state.failures.get(address) ?? 0,
      count: async (address) => void state.failures.set(address, (state.failures.get(address) ?? 0) + 1),
    },
    passwords: {
      hash: async (password) => `hash of ${password}`,
      verify: async (hash, password) => hash === `hash of ${password}`,
    },
    accessTokens: {
      issue(claims, ttlS) {
        const iat = Math.floor(nowMs / 1000);
        const jti = `token ${issued.size + 1}`;
        issued.set(jti, { ...claims, jti, iat, exp: iat + ttlS });
        return jti;
      },
      verify: (token) => issued.get(token),
    },
    signingKeys: {
      ring: () => {
        throw new Error('These use cases need no key ring.');
      },
      rotate: async () => undefined,
    },
  };
};

/** The code of the error that a use case ends with; fails if it ends well. */
export const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    return (error as AppError).code;
  }
  throw new Error('It should have failed.');
};
