import { kitErrors } from '@glasshouse/service-kit';
import { codeOf, createFakePorts, type FakePorts } from '../testing/fake-ports.js';
import { createUseCases, type UseCases } from './index.js';

const grace = { email: 'Grace@Example.com', password: 'right password', name: 'Grace' };
const unreachable = (): never => {
  throw kitErrors.downstreamUnavailable();
};

const setUp = (): { ports: FakePorts; useCases: UseCases } => {
  const ports = createFakePorts();
  return { ports, useCases: createUseCases(ports) };
};

/** A registration that oauth carried out, or not, and whose answer never came. */
const interrupt = async ({ ports, useCases }: ReturnType<typeof setUp>, when: 'before' | 'after', who = grace) => {
  ports.faults[when] = unreachable;
  expect(await codeOf(useCases.register(who))).toBe('downstream_unavailable');
  ports.faults[when] = undefined;
  ports.facts.length = 0;
};

/** Lets the next call to oauth hang on its way there. */
const hold = (ports: FakePorts): { arrived: Promise<void>; goOn: () => void } => {
  let goOn = (): void => {};
  const arrived = new Promise<void>((arrive) => {
    ports.faults.before = () => {
      ports.faults.before = undefined;
      arrive();
      return new Promise<void>((resolve) => {
        goOn = resolve;
      });
    };
  });
  return { arrived, goOn: () => goOn() };
};

const statesOf = ({ customers }: FakePorts): string[] => [...customers.values()].map((each) => each.state);

test('a registration makes an active customer and a login of the same id, and keeps no password', async () => {
  const { ports, useCases } = setUp();
  const customer = await useCases.register(grace);
  expect(customer).toMatchObject({ state: 'ACTIVE', email: 'grace@example.com', name: 'Grace' });
  expect([...ports.logins.keys()]).toEqual([customer.id]);
  expect(JSON.stringify([...ports.customers.values()])).not.toContain(grace.password);
  expect(ports.facts).toEqual([`customerRegistered:${customer.id}`]);
});

test('an address can be registered once, in whatever spelling', async () => {
  const { ports, useCases } = setUp();
  await useCases.register(grace);
  expect(await codeOf(useCases.register({ ...grace, email: 'grace@example.com' }))).toBe('email_taken');
  expect(ports.logins.size).toBe(1);
});

test('of many registrations of one address at once exactly one succeeds', async () => {
  const { ports, useCases } = setUp();
  const attempts = Array.from({ length: 20 }, (_, index) =>
    useCases.register({ ...grace, password: `password ${index}` }),
  );
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(statesOf(ports)).toEqual(['ACTIVE']);
  expect(ports.logins.size).toBe(1);
});

test.each(['before', 'after'] as const)(
  'the same request after an interruption %s the login was created finishes the registration at once',
  async (when) => {
    const parts = setUp();
    await interrupt(parts, when);
    const customer = await parts.useCases.register({ ...grace, name: 'Grace H.' });
    expect(customer).toMatchObject({ state: 'ACTIVE', name: 'Grace H.' });
    expect(statesOf(parts.ports)).toEqual(['ACTIVE']);
    expect([...parts.ports.logins.keys()]).toEqual([customer.id]);
  },
);

test('a crash between the two services leaves the address claimed for ten seconds, then anybody may go on', async () => {
  const { ports, useCases } = setUp();
  const held = hold(ports);
  void useCases.register(grace);
  await held.arrived;
  await expect(useCases.register(grace)).rejects.toMatchObject({ code: 'email_taken', retryAfterSeconds: 10 });
  ports.clock.advance(10_000);
  expect(await useCases.register({ ...grace, password: 'another password' })).toMatchObject({ state: 'ACTIVE' });
});

test('a login that stands with another password belongs to the first registration, and is finished for it', async () => {
  const parts = setUp();
  await interrupt(parts, 'after');
  const stranger = { ...grace, password: 'a guess', name: 'Somebody else' };
  expect(await codeOf(parts.useCases.register(stranger))).toBe('email_taken');
  const [customer] = parts.ports.customers.values();
  expect(customer).toMatchObject({ state: 'ACTIVE', name: 'Grace' });
  expect(parts.ports.facts).toEqual([`registrationFinished:${customer?.id}`, 'emailWasTaken:']);
});

test('an address that oauth gave to somebody else is taken, and nothing of the attempt stays', async () => {
  const { ports, useCases } = setUp();
  ports.logins.set('the admin', { email: 'grace@example.com', password: 'x' });
  expect(await codeOf(useCases.register(grace))).toBe('email_taken');
  expect(ports.customers.size).toBe(0);
});

test('the recovery finishes a registration whose login stands', async () => {
  const parts = setUp();
  await interrupt(parts, 'after');
  const [pending] = parts.ports.customers.values();
  await parts.useCases.recover(new AbortController().signal);
  expect(statesOf(parts.ports)).toEqual(['PENDING']);
  parts.ports.clock.advance(15_000);
  await parts.useCases.recover(new AbortController().signal);
  expect(statesOf(parts.ports)).toEqual(['ACTIVE']);
  expect(parts.ports.facts).toContain(`registrationFinished:${pending?.id}`);
  expect(parts.ports.facts.at(-1)).toBe('oldestUnfinished:0');
});

test('the recovery takes back a registration without a login, and a creation that comes late stays without effect', async () => {
  const parts = setUp();
  await interrupt(parts, 'before');
  const { ports, useCases } = parts;
  const [pending] = ports.customers.values();
  ports.clock.advance(15_000);
  await useCases.recover(new AbortController().signal);
  expect(ports.customers.size).toBe(0);
  expect(ports.facts).toContain(`registrationAbandoned:${pending?.id}`);
  const late = { id: pending?.id ?? '', email: 'grace@example.com', password: grace.password };
  expect(await ports.credentials.create(late)).toBe('removed');
  expect(await useCases.register(grace)).toMatchObject({ state: 'ACTIVE' });
});

test('a registration whose id was given up in oauth begins anew with another id', async () => {
  const parts = setUp();
  await interrupt(parts, 'before');
  const { ports, useCases } = parts;
  const [pending] = ports.customers.values();
  ports.logins.set(pending?.id ?? '', undefined);
  const customer = await useCases.register(grace);
  expect(customer.id).not.toBe(pending?.id);
  expect(statesOf(ports)).toEqual(['ACTIVE']);
});

test('a slow registration and the recovery of it never both decide', async () => {
  const { ports, useCases } = setUp();
  const held = hold(ports);
  const slow = useCases.register(grace);
  await held.arrived;
  ports.clock.advance(15_000);
  await useCases.recover(new AbortController().signal);
  held.goOn();
  const customer = await slow;
  expect(statesOf(ports)).toEqual(['ACTIVE']);
  expect(ports.logins.get(customer.id)).toBeDefined();
});

test('a customer who logs in before the last write was made is made active by that', async () => {
  const parts = setUp();
  await interrupt(parts, 'after');
  const [pending] = parts.ports.customers.values();
  const id = pending?.id ?? '';
  expect(await parts.useCases.judgeBuyer(id)).toEqual({ id, mayBuy: true });
  expect(await parts.useCases.findOwn(id)).toMatchObject({ state: 'ACTIVE', name: 'Grace' });
});
