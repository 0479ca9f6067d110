import type { AppError, Clock } from '@glasshouse/service-kit';
import type { ActiveCustomer, Customer, PendingCustomer } from '../domain.js';
import type { CredentialOutcome, Ports } from '../use-cases/ports.js';

type Stored = { -readonly [Key in keyof PendingCustomer]: PendingCustomer[Key] } | Customer;

export interface FakePorts extends Ports {
  clock: Clock & { advance(ms: number): void };
  /** The facts stated so far, `name:first argument`. */
  facts: string[];
  customers: Map<string, Stored>;
  /** What oauth would hold: passwords by id, `undefined` for a tombstone. */
  logins: Map<string, { email: string; password: string } | undefined>;
  /** Called before and after each write in oauth; throws to play a fault. */
  faults: { before?: (() => unknown) | undefined; after?: (() => unknown) | undefined };
}

/** The ports of the use cases in memory, each operation as atomic as its one write in the database. */
export const createFakePorts = (): FakePorts => {
  const facts: string[] = [];
  const customers = new Map<string, Stored>();
  const logins: FakePorts['logins'] = new Map();
  const faults: FakePorts['faults'] = {};
  let nowMs = Date.parse('2026-01-01T12:00:00Z');
  let ids = 0;

  const has = (id: string, states: readonly string[], version?: number): Stored | undefined => {
    const found = customers.get(id);
    const fits = found !== undefined && states.includes(found.state) && (version ?? found.version) === found.version;
    return fits ? found : undefined;
  };
  const toActive = ({ claimedAt: _, ...known }: PendingCustomer): ActiveCustomer => ({
    ...known,
    state: 'ACTIVE',
    version: known.version + 1,
  });

  return {
    facts,
    customers,
    logins,
    faults,
    clock: {
      now: () => new Date(nowMs),
      advance(ms) {
        nowMs += ms;
      },
    },
    newId() {
      ids += 1;
      return `id ${ids}`;
    },
    probe: new Proxy({} as Ports['probe'], {
      get: (_target, name) => (first?: unknown) => void facts.push(`${String(name)}:${String(first ?? '')}`),
    }),
    store: {
      async insertPending(pending) {
        const isTaken = [...customers.values()].some((each) => 'email' in each && each.email === pending.email);
        if (!isTaken) customers.set(pending.id, pending);
        return !isTaken;
      },
      find: async (id) => customers.get(id),
      findByEmail: async (email) => [...customers.values()].find((each) => 'email' in each && each.email === email),
      async claim(seen, claimedAt) {
        const found = has(seen.id, [seen.state], seen.version);
        if (found === undefined) return undefined;
        customers.set(seen.id, { ...found, version: seen.version + 1, claimedAt } as Stored);
        return { ...seen, version: seen.version + 1 };
      },
      async release({ id, version }, claimedAt) {
        const found = has(id, ['PENDING'], version);
        if (found?.state === 'PENDING') customers.set(id, { ...found, claimedAt });
      },
      async activate({ id, version }, profile) {
        const found = has(id, ['PENDING'], version);
        if (found?.state !== 'PENDING') return undefined;
        const active = toActive({ ...found, ...profile });
        customers.set(id, active);
        return active;
      },
      async discard({ id, version }) {
        if (has(id, ['PENDING'], version) !== undefined) customers.delete(id);
      },
      async update(id, { name, address }) {
        const found = has(id, ['ACTIVE']);
        if (found?.state !== 'ACTIVE') return undefined;
        const changed = { ...found, name: name ?? found.name, address: address === null ? undefined : address };
        customers.set(id, changed);
        return changed;
      },
      async anonymise(id) {
        const found = has(id, ['ACTIVE', 'PENDING']);
        if (found === undefined) return false;
        customers.set(id, { state: 'CLOSING', id, version: found.version + 1 });
        return true;
      },
      async markClosed(id) {
        const found = has(id, ['CLOSING']);
        if (found !== undefined) customers.set(id, { state: 'CLOSED', id, version: found.version + 1 });
      },
      list: async () => ({ items: [] }),
      findUnfinished: async (untouchedSince) =>
        [...customers.values()].flatMap((each) => {
          const isDue = each.state === 'CLOSING' || (each.state === 'PENDING' && each.claimedAt <= untouchedSince);
          return isDue ? [{ id: each.id, version: each.version, state: each.state }] : [];
        }),
      async oldestUnfinished() {
        const pending = [...customers.values()].find((each) => each.state === 'PENDING');
        return pending?.state === 'PENDING' ? pending.createdAt : undefined;
      },
      async seed(customer) {
        if (!customers.has(customer.id)) customers.set(customer.id, customer);
      },
    },
    credentials: {
      async create({ id, email, password }) {
        await faults.before?.();
        const outcome = decide(logins, id, email, password);
        if (outcome === 'created') logins.set(id, { email, password });
        await faults.after?.();
        return outcome;
      },
      async exists(id) {
        await faults.before?.();
        return logins.get(id) !== undefined;
      },
      async remove(id) {
        try {
          await faults.before?.();
        } catch {
          return false;
        }
        logins.set(id, undefined);
        return true;
      },
    },
  };
};

/** What oauth answers to a creation. */
const decide = (logins: FakePorts['logins'], id: string, email: string, password: string): CredentialOutcome => {
  const standing = logins.get(id);
  if (logins.has(id) && standing === undefined) return 'removed';
  if (standing !== undefined) return standing.password === password ? 'existed' : 'conflict';
  return [...logins.values()].some((each) => each?.email === email) ? 'email_taken' : 'created';
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
