import fc from 'fast-check';
import { maxDifferences, type Observation, rankDifferences } from './spike.js';

const count = (name: string, before: number, during: number, measure: Observation['measure'] = 'requests') =>
  ({
    subject: { kind: 'route', name, service: 'order' },
    measure,
    before,
    during,
    countBefore: before,
    countDuring: during,
  }) satisfies Observation;

const duration = (name: string, before: number, during: number, calls: number): Observation => ({
  ...count(name, before, during, 'duration'),
  countBefore: calls,
  countDuring: calls,
});

const namesOf = (observations: readonly Observation[]): string[] =>
  rankDifferences(observations).map(({ subject }) => subject.name);

test('what chance explains is left out, however large the share', () => {
  expect(namesOf([count('one more', 1, 2), count('as ever', 1_000, 1_040), count('nothing', 0, 0)])).toEqual([]);
});

test('a small change is left out, however sure it is', () => {
  expect(namesOf([count('a bit more', 1_000_000, 1_100_000)])).toEqual([]);
});

test('failures stand before durations, and those before numbers of requests', () => {
  const observations = [
    count('busier', 100, 400),
    duration('slower', 0.05, 0.4, 40),
    count('failing', 0, 60, 'errors'),
  ];
  expect(namesOf(observations)).toEqual(['failing', 'slower', 'busier']);
});

test('what has become faster stands behind what has become slower', () => {
  expect(namesOf([duration('faster', 0.4, 0.05, 60), duration('slower', 0.05, 0.2, 60)])).toEqual(['slower', 'faster']);
});

test('what has vanished is told with a minus', () => {
  expect(rankDifferences([count('gone', 200, 0)])[0]?.deviation).toBeLessThan(-3);
});

test('a duration of few requests is no evidence', () => {
  expect(namesOf([duration('twice', 0.1, 0.2, 4)])).toEqual([]);
  expect(namesOf([duration('twice', 0.1, 0.2, 200)])).toEqual(['twice']);
});

test('a duration that was not measured in one of the windows is not compared', () => {
  expect(namesOf([{ ...duration('new', Number.NaN, 3, 50), countBefore: 0 }])).toEqual([]);
});

test('the list is short, finite and ordered, whatever was observed', () => {
  const number = fc.oneof(fc.nat(10_000), fc.double({ min: 0, max: 1e6 }));
  const anyObservation = fc
    .tuple(number, number, number, number, fc.constantFrom('requests' as const, 'errors' as const, 'duration' as const))
    .map(([before, during, countBefore, countDuring, measure]) => ({
      ...count('x', before, during, measure),
      countBefore,
      countDuring,
    }));
  fc.assert(
    fc.property(fc.array(anyObservation, { maxLength: 60 }), (observations) => {
      const ranked = rankDifferences(observations);
      expect(ranked.length).toBeLessThanOrEqual(maxDifferences);
      for (const { deviation } of ranked) expect(Number.isFinite(deviation)).toBe(true);
    }),
  );
});
