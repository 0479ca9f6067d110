import { formatDuration, parseRuleDuration, scaleDurations } from './durations.js';

test('every duration of an expression is divided, and nothing else', () => {
  const text =
    'sum_over_time(x{window="5m"}[6h:5m] offset 1h) / rate(slo:errors:increase5m[1h30m] offset -2m) > 60 # [5m]';
  expect(scaleDurations(text, 60)).toBe(
    'sum_over_time(x{window="5m"}[6m:5s] offset 1m) / rate(slo:errors:increase5m[1m30s] offset -2s) > 60 # [5m]',
  );
});

test('a range that would have too few samples stays at four seconds, an offset does not', () => {
  expect(scaleDurations('rate(x[1m]) + max_over_time(y[5m:1m]) - (z offset 1m)', 60)).toBe(
    'rate(x[4s]) + max_over_time(y[5s:4s]) - (z offset 1s)',
  );
});

test('a scale of one leaves the text alone, a broken one does not hide what is wrong with it', () => {
  expect(scaleDurations('rate( x[5m])', 1)).toBe('rate( x[5m])');
  expect(scaleDurations('rate(x[5m]', 60)).toBe('rate(x[5s]');
});

test('durations are read and written as in rule files', () => {
  expect(['0s', '15s', '1h30m', '3d', '500ms'].map(parseRuleDuration)).toEqual([
    0, 15_000, 5_400_000, 259_200_000, 500,
  ]);
  expect([0, 15_000, 5_400_000, 259_200_000, 1_500].map(formatDuration)).toEqual([
    '0s',
    '15s',
    '1h30m',
    '3d',
    '1s500ms',
  ]);
  expect(() => parseRuleDuration('5')).toThrow('"5"');
});
