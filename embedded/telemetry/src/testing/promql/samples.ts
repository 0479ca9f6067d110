import type { MetricStore } from '../../store/metrics.js';
import type { WrittenSeries } from './remote-write.js';

/** The first sample's time, in epoch milliseconds. No round minute, so that alignment shows. */
export const samplesStart = 1_700_000_012_345;
export const samplesEnd = samplesStart + 3_600_000;

const gone = undefined;
const at = (second: number): number => samplesStart + second * 1_000;

/** One value each `everyS` seconds, in an hour; `null` leaves one out. */
const every = (everyS: number, valueAt: (index: number) => number | undefined | null): WrittenSeries['samples'] =>
  Array.from({ length: Math.floor(3_600 / everyS) + 1 }, (_, index) => ({
    at: at(index * everyS),
    value: valueAt(index),
  })).flatMap(({ at, value }) => (value === null ? [] : [{ at, value }]));

// A generator with a seed, so that both sides and every run see the same.
const createRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
};

const counter = (seed: number, resetEvery: number): ((index: number) => number) => {
  const random = createRandom(seed);
  let value = Math.floor(random() * 100);
  return (index) => {
    value = index % resetEvery === resetEvery - 1 ? Math.floor(random() * 3) : value + Math.floor(random() * 10);
    return value;
  };
};

const counters = (): WrittenSeries[] =>
  ['a', 'b', 'c'].flatMap((instance, number) =>
    ['200', '404', '500'].map((code, place) => {
      const next = counter(number * 3 + place + 1, 37 + number * 20 + place * 7);
      const isGap = (index: number): boolean => number === 1 && index > 60 && index < 75;
      return {
        labels: { __name__: 'requests_total', job: number === 2 ? 'web' : 'shop', instance, code },
        samples: every(15, (index) => (isGap(index) ? null : next(index))),
      };
    }),
  );

const gauges = (): WrittenSeries[] => {
  const odd: (number | undefined)[] = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    -0,
    1e308,
    -1e308,
    1e-300,
  ];
  return [
    { labels: { __name__: 'temperature', instance: 'a' }, samples: every(15, (index) => Math.sin(index / 10) * 20) },
    { labels: { __name__: 'temperature', instance: 'b' }, samples: every(15, (index) => index * 0.1 - 7) },
    {
      labels: { __name__: 'temperature', instance: 'c' },
      samples: every(15, (index) => (index % 9 === 0 ? Number.NaN : -index)),
    },
    {
      labels: { __name__: 'temperature', instance: 'd' },
      samples: every(20, (index) => (index % 50 === 3 ? Number.POSITIVE_INFINITY : index)),
    },
    { labels: { __name__: 'odd' }, samples: every(30, (index) => odd[index % odd.length]) },
    { labels: { __name__: 'nothing_but_nan' }, samples: every(30, () => Number.NaN) },
    { labels: { __name__: 'constant' }, samples: every(15, () => 42) },
    { labels: { __name__: 'large', kind: 'sum' }, samples: every(15, (index) => [1e16, 1, -1e16, 3][index % 4] ?? 0) },
    {
      labels: { __name__: 'jittered' },
      samples: every(1, (index) => index).map(({ at, value }, index) => ({ at: at + ((index * 7_919) % 900), value })),
    },
    { labels: { __name__: 'sparse' }, samples: every(240, (index) => index * index) },
    { labels: { __name__: 'lone' }, samples: [{ at: at(1_800), value: 7 }] },
    {
      labels: { __name__: 'pair' },
      samples: [
        { at: at(1_790), value: 7 },
        { at: at(1_800), value: 9 },
      ],
    },
    { labels: { __name__: 'ends_silently' }, samples: every(15, (index) => (index > 100 ? null : index)) },
    {
      labels: { __name__: 'stops' },
      samples: every(15, (index) => (index > 100 ? null : index === 100 ? gone : index)),
    },
    {
      labels: { __name__: 'flaps', instance: 'a' },
      samples: every(15, (index) => (index % 20 > 12 ? null : index % 20 === 12 ? gone : index)),
    },
    {
      labels: { __name__: 'flaps', instance: 'b' },
      samples: every(15, (index) => ((index + 10) % 20 > 12 ? null : (index + 10) % 20 === 12 ? gone : -index)),
    },
    {
      labels: { __name__: 'flaps_too', instance: 'a' },
      samples: every(15, (index) => ((index + 10) % 20 > 7 ? null : (index + 10) % 20 === 7 ? gone : index)),
    },
  ];
};

const histograms = (): WrittenSeries[] => {
  const bounds = ['0.1', '0.5', '1', '2.5', '10', '+Inf'];
  const family = (
    name: string,
    job: string,
    count: (index: number, place: number) => number,
    chosen = bounds,
  ): WrittenSeries[] =>
    chosen.map((le, place) => ({
      labels: { __name__: `${name}_bucket`, job, le },
      samples: every(15, (index) => count(index, place)),
    }));
  return [
    ...family('latency', 'shop', (index, place) => index * (place + 1)),
    ...family(
      'latency',
      'web',
      (index, place) => Math.floor(index / 2) * Math.min(place, 3) + (index > 120 ? place : 0),
    ),
    ...family('latency', 'idle', () => 0),
    ...family('broken', 'decreasing', (index, place) => index * (place === 2 ? 1 : place + 1)),
    ...family('broken', 'endless', (index, place) => index * (place + 1), bounds.slice(0, -1)),
    ...family('broken', 'no_number', (index, place) => index * (place + 1), ['0.1', 'many', '1e1', '+Inf']),
    ...family('broken', 'negative', (index, place) => index * (place + 1), ['-1', '0', '+Inf']),
    ...family('broken', 'only_infinite', (index) => index, ['+Inf']),
    ...family('broken', 'same_bound', (index, place) => index * (place + 1), ['1', '1.0', '2', '+Inf']),
  ];
};

const joined = (): WrittenSeries[] => [
  ...['a', 'b', 'c'].map((instance, index) => ({
    labels: { __name__: 'build_info', instance, version: `1.${index}`, team: index === 0 ? 'blue' : 'red' },
    samples: every(60, () => 1),
  })),
  { labels: { __name__: 'capacity', job: 'shop' }, samples: every(60, () => 100) },
  { labels: { __name__: 'capacity', job: 'web' }, samples: every(60, (index) => 50 + index) },
  { labels: { __name__: 'left', x: '1', y: 'a' }, samples: every(60, (index) => index) },
  { labels: { __name__: 'left', x: '2', y: 'b' }, samples: every(60, (index) => 30 - index) },
  { labels: { __name__: 'right', x: '1', y: 'a' }, samples: every(60, (index) => 2 * index) },
  { labels: { __name__: 'right', x: '2', y: 'c' }, samples: every(60, (index) => (index % 7) - 3) },
  { labels: { __name__: 'right', x: '3', y: 'b' }, samples: every(60, () => 5) },
  {
    labels: { __name__: 'named', path: '/api/orders/:id', text: 'quote " back \\ line \n end', word: 'Straße ☕ 🫖' },
    samples: every(60, (index) => index),
  },
  { labels: { __name__: 'named', path: '/api/x.y-z', text: 'A', word: 'ſK' }, samples: every(60, (index) => -index) },
  { labels: { __name__: 'named', path: 'apixorders' }, samples: every(60, () => 3) },
  { labels: { __name__: 'rule:with:colons', Upper: 'case', _low: '1' }, samples: every(60, () => 8) },
];

/** An hour of what PromQL finds hard: resets, gaps, staleness, NaN and infinities, odd buckets and labels. */
export const createSamples = (): WrittenSeries[] => [...counters(), ...gauges(), ...histograms(), ...joined()];

/** The same into our store. Each series has a writer of its own, so that its times are its own. */
export const loadSamples = (store: MetricStore, series: readonly WrittenSeries[]): void => {
  for (const { labels, samples } of series) {
    const writer = store.createWriter();
    for (const { at, value } of samples) {
      writer.begin(at);
      if (value !== undefined) writer.sample('', () => labels, value);
      writer.finish();
    }
  }
};
