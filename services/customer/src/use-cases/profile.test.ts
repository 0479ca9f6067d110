import { kitErrors } from '@glasshouse/service-kit';
import { codeOf, createFakePorts, type FakePorts } from '../testing/fake-ports.js';
import { createUseCases, type UseCases } from './index.js';

const setUp = async (): Promise<{ ports: FakePorts; useCases: UseCases; id: string }> => {
  const ports = createFakePorts();
  const useCases = createUseCases(ports);
  const { id } = await useCases.register({ email: 'grace@example.com', password: 'right password', name: 'Grace' });
  ports.facts.length = 0;
  return { ports, useCases, id };
};
const signal = new AbortController().signal;

test('a customer sees herself, an admin everybody, and to anybody else she does not exist', async () => {
  const { useCases, id } = await setUp();
  expect(await useCases.findFor({ sub: id, isAdmin: false }, id)).toMatchObject({ id });
  expect(await useCases.findFor({ sub: 'an admin', isAdmin: true }, id)).toMatchObject({ id });
  expect(await codeOf(useCases.findFor({ sub: 'another', isAdmin: false }, id))).toBe('not_found');
  expect(await codeOf(useCases.findFor({ sub: 'an admin', isAdmin: true }, 'nobody'))).toBe('not_found');
});

test('leaving forgets the person, removes the login and frees the address', async () => {
  const { ports, useCases, id } = await setUp();
  await useCases.close(id);
  expect([...ports.customers.values()]).toEqual([{ state: 'CLOSED', id, version: 4 }]);
  expect(ports.logins.get(id)).toBeUndefined();
  expect(ports.facts).toEqual([`customerClosed:${id}`, `loginRemoved:${id}`]);
  expect(await useCases.judgeBuyer(id)).toEqual({ id, mayBuy: false });
  expect(await codeOf(useCases.findOwn(id))).toBe('not_found');
  expect(await codeOf(useCases.update(id, { name: 'Again' }))).toBe('not_found');
  const again = await useCases.register({ email: 'grace@example.com', password: 'another one', name: 'Grace' });
  expect(again.id).not.toBe(id);
});

test('leaving twice is leaving once', async () => {
  const { ports, useCases, id } = await setUp();
  await Promise.all([useCases.close(id), useCases.close(id)]);
  await useCases.close(id);
  expect(ports.facts.filter((fact) => fact.startsWith('customerClosed'))).toHaveLength(1);
  expect(await codeOf(useCases.close('nobody'))).toBe('not_found');
});

test('while oauth cannot be reached the person is forgotten at once, and the recovery removes the login', async () => {
  const { ports, useCases, id } = await setUp();
  ports.faults.before = () => {
    throw kitErrors.downstreamUnavailable();
  };
  await useCases.close(id);
  expect(ports.customers.get(id)?.state).toBe('CLOSING');
  expect(ports.facts.at(-1)).toBe(`loginRemovalDeferred:${id}`);
  await useCases.recover(signal);
  expect(ports.customers.get(id)?.state).toBe('CLOSING');
  ports.faults.before = undefined;
  await useCases.recover(signal);
  expect(ports.customers.get(id)?.state).toBe('CLOSED');
  expect(ports.logins.get(id)).toBeUndefined();
});

test('there is no answer about a customer who never was', async () => {
  const { useCases } = await setUp();
  expect(await codeOf(useCases.judgeBuyer('nobody'))).toBe('not_found');
});

test('the demo customer is seeded once and never brought back', async () => {
  const { ports, useCases } = await setUp();
  await useCases.seedDemo();
  const id = 'ada0ada0-0000-4000-8000-000000000001';
  expect(ports.customers.get(id)).toMatchObject({ state: 'ACTIVE', email: 'ada@glasshouse.test' });
  await useCases.close(id);
  await useCases.seedDemo();
  expect(ports.customers.get(id)?.state).toBe('CLOSED');
});
