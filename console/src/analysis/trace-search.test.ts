import fc from 'fast-check';
import type { TraceSearch } from '../queries/jaeger.js';
import { span, testStartUs } from './testing/traces.js';
import { type Trace, toTrace } from './trace.js';
import { parseDurationUs, parseTags, summarize, toTracePage } from './trace-search.js';

/** What Jaeger does: traces with a matching span in the time, the latest match first, so many and no more. */
const answer = (traces: readonly Trace[], { service, startUs, endUs, limit }: TraceSearch): Trace[] => {
  const latest = (trace: Trace): number =>
    Math.max(
      ...trace.spans
        .filter((each) => each.service === service && each.startUs >= startUs && each.startUs <= endUs)
        .map((each) => each.startUs),
    );
  return traces
    .filter((trace) => latest(trace) > 0)
    .sort((a, b) => latest(b) - latest(a))
    .slice(0, limit);
};

test('page after page shows every trace exactly once, however many spans of it match', () => {
  const starts = fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(starts, { maxLength: 30 }), fc.integer({ min: 1, max: 7 }), (all, limit) => {
      const used = new Set<number>();
      const traces = all.flatMap((ats, index) => {
        const free = ats.filter((at) => !used.has(at));
        for (const at of free) used.add(at);
        return (
          toTrace(
            String(index),
            free.map((at) => span(`s${at}`, { at })),
          ) ?? []
        );
      });
      const endUs = testStartUs + 300_000;
      const seen: string[] = [];
      let search: TraceSearch = { service: 'order', startUs: testStartUs, endUs, limit };
      for (let page = 0; page < 200; page++) {
        const { traces: shown, olderUs } = toTracePage(answer(traces, search), search, endUs);
        seen.push(...shown.map(({ traceId }) => traceId));
        if (olderUs === undefined) break;
        search = { ...search, endUs: olderUs };
      }
      expect(seen.sort()).toEqual(traces.map(({ traceId }) => traceId).sort());
    }),
  );
});

test('a trace is summed up by its root, its errors and the services that took part', () => {
  const trace = toTrace('1', [
    span('a', { service: 'gateway', takes: 10, tags: { 'http.status_code': 503 }, isError: true }),
    span('b', { service: 'order', parent: 'a', at: 5, takes: 90_000 }),
    span('c', { service: 'order', parent: 'b', isError: true }),
  ]);
  expect(trace && summarize(trace)).toMatchObject({
    root: { spanId: 'a' },
    durationUs: 10_000,
    status: 503,
    errors: 2,
    services: [
      { name: 'gateway', spans: 1, errors: 1 },
      { name: 'order', spans: 2, errors: 1 },
    ],
  });
});

test.each([
  ['100', 100_000],
  ['1.5ms', 1_500],
  [' 300 us ', 300],
  ['2s', 2_000_000],
  ['soon', undefined],
  ['', undefined],
])('the duration %j is %s microseconds', (text, us) => {
  expect(parseDurationUs(text)).toBe(us);
});

test.each([
  ['a=1 b="two words"', { a: '1', b: 'two words' }],
  ['', {}],
  ['http.route=/api/orders', { 'http.route': '/api/orders' }],
  ['no', undefined],
  ['a="open', undefined],
])('the tags %j are %j', (text, tags) => {
  expect(parseTags(text)).toEqual(tags);
});
