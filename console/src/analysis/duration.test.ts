import { toDurationText } from './duration.js';

test.each([
  [0, '0 µs'],
  [830, '830 µs'],
  [12_400, '12.4 ms'],
  [1_200_000, '1.20 s'],
  [59_900_000, '59.9 s'],
  [60_000_000, '1 min'],
  [200_000_000, '3 min 20 s'],
  [3_600_000_000, '1 h'],
  [5_430_000_000, '1 h 31 min'],
])('%s microseconds are %s', (us, text) => {
  expect(toDurationText(us)).toBe(text);
});
