import { createRetryBudget } from './retry-budget.js';

test('at most a tenth of the recent requests is repeated, and the window forgets', () => {
  let nowMs = 0;
  const budget = createRetryBudget(() => nowMs, 10_000);
  for (let count = 0; count < 50; count++) budget.request();
  const granted = Array.from({ length: 20 }, () => budget.tryRetry()).filter(Boolean).length;
  expect(granted).toBe(5);
  nowMs = 10_000;
  expect(budget.tryRetry()).toBe(true);
});

test('a quiet gateway may still repeat one', () => {
  const budget = createRetryBudget(() => 0);
  expect([budget.tryRetry(), budget.tryRetry()]).toEqual([true, false]);
});
