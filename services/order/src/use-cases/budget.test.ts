import { createFakeClock } from '@glasshouse/test-kit';
import { createBudget } from './budget.js';

test('both attempts of a call and the pause between them fit into the time that is left', () => {
  const clock = createFakeClock();
  const budget = createBudget(clock, { totalMs: 3_000, attempts: 2 });
  expect(budget.forCall(1_000)).toEqual({ timeoutMs: 1_000, attempts: 2 });
  expect(budget.forCall(5_000)).toEqual({ timeoutMs: 1_400, attempts: 2 });
  clock.advance(2_000);
  expect(budget.forCall(1_000)).toEqual({ timeoutMs: 400, attempts: 2 });
});

test('a call that could not end in time is not begun', () => {
  const clock = createFakeClock();
  const budget = createBudget(clock, { totalMs: 100, attempts: 1 });
  expect(budget.forCall(1_000)).toEqual({ timeoutMs: 100, attempts: 1 });
  clock.advance(60);
  expect(() => budget.forCall(1_000)).toThrow(expect.objectContaining({ code: 'deadline_exceeded' }));
});

test('nothing is begun while the process goes down', () => {
  const budget = createBudget(createFakeClock(), { totalMs: 1_000, attempts: 1, signal: AbortSignal.abort() });
  expect(() => budget.forCall(1_000)).toThrow(expect.objectContaining({ code: 'shutting_down' }));
});
