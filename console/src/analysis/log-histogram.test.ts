import { chooseInterval, toBars } from './log-histogram.js';

test.each([
  [60_000, 1_000],
  [900_000, 15_000],
  [3_600_000, 60_000],
  [86_400_000, 1_800_000],
  [365 * 86_400_000, 7 * 86_400_000],
])('%s ms are told in bars of %s ms', (lengthMs, intervalMs) => {
  expect(chooseInterval(0, lengthMs)).toBe(intervalMs);
});

test('every interval has a bar, also those without lines, and what has no known level is there too', () => {
  const buckets = [
    {
      key: 10_000,
      doc_count: 5,
      levels: {
        buckets: [
          { key: 'error', doc_count: 1 },
          { key: 'fatal', doc_count: 2 },
        ],
      },
    },
    { key: 30_000, doc_count: 1, levels: { buckets: [{ key: 'info', doc_count: 1 }] } },
  ];
  const bars = toBars(buckets, { startMs: 12_000, endMs: 40_000, intervalMs: 10_000 });
  expect(bars.map(({ startMs, total }) => [startMs, total])).toEqual([
    [10_000, 5],
    [20_000, 0],
    [30_000, 1],
  ]);
  expect(bars[0]?.counts).toEqual({ error: 1, warn: 0, info: 0, debug: 0, other: 4 });
});
