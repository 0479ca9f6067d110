import { type LogLine, toLogLine } from '../../../analysis/log-line.js';
import type { Sample, Series } from '../../../queries/prometheus.js';
import { toBudgets } from './budget-rows.js';
import { toDocPath } from './doc-path.js';
import { toFailures } from './failures.js';
import { type ServiceSeries, toServiceRows } from './service-rows.js';

const sample = (labels: Record<string, string>, value: number): Sample => ({ labels, value });
const series = (job: string, ...values: number[]): Series => ({
  labels: { job },
  points: values.map((value, index) => ({ atMs: index * 1_000, value })),
});
const nothing: ServiceSeries = { up: [], rates: [], errors: [], p50s: [], p95s: [], p99s: [] };

test('services stand in the order in which a request meets them', () => {
  const up = ['console', 'order', 'gateway', 'customer'].map((job) => sample({ job }, 1));
  expect(toServiceRows({ ...nothing, up }).map(({ service }) => service)).toEqual([
    'gateway',
    'customer',
    'order',
    'console',
  ]);
});

test('a service is up if all its instances are, and down if none is', () => {
  const up = [
    sample({ job: 'a', instance: '1' }, 1),
    sample({ job: 'a', instance: '2' }, 0),
    sample({ job: 'b' }, 0),
    sample({ job: 'c' }, 1),
  ];
  expect(toServiceRows({ ...nothing, up }).map(({ state }) => state)).toEqual(['part', 'down', 'up']);
});

test('one that is no longer scraped is shown as long as there are figures of it', () => {
  expect(toServiceRows({ ...nothing, rates: [series('old', 1)] })[0]).toMatchObject({ service: 'old', state: 'down' });
});

test('the share of errors is that of the last minute; without requests there is none', () => {
  const rows = toServiceRows({
    ...nothing,
    rates: [series('busy', 1, 10), series('clean', 5), series('idle', 3, 0)],
    errors: [series('busy', 1, 2)],
    p95s: [series('busy', 0.1, Number.NaN)],
  });
  expect(rows.map(({ service, errorShare }) => [service, errorShare])).toEqual([
    ['busy', 0.2],
    ['clean', 0],
    ['idle', undefined],
  ]);
  expect(rows[0]?.p95).toBeUndefined();
});

test('budgets begin with the smallest rest, each with how fast it burns', () => {
  const budgets = toBudgets({
    remaining: [sample({ slo: 'a' }, 0.9), sample({ slo: 'b' }, -0.5), sample({ slo: 'c' }, Number.NaN)],
    objectives: [sample({ slo: 'a' }, 0.99), sample({ slo: 'b' }, 1)],
    hourlyErrors: [sample({ slo: 'a' }, 0.02), sample({ slo: 'b' }, 0.1)],
  });
  expect(budgets.map(({ slo, burnRate }) => [slo, burnRate && Math.round(burnRate)])).toEqual([
    ['b', undefined],
    ['a', 2],
  ]);
});

test('a failure that comes again is told once, with its latest line', () => {
  const line = (at: number, message: string, code: string): LogLine =>
    toLogLine({
      _id: `${at}`,
      _source: { '@timestamp': new Date(at).toISOString(), 'service.name': 'payment', message, 'error.code': code },
    });
  const failures = toFailures([line(5, 'a', 'x'), line(4, 'b', 'y'), line(3, 'a', 'x'), line(2, 'a', 'z')]);
  expect(failures.map(({ latest, code, count }) => [latest.atMs, code, count])).toEqual([
    [5, 'x', 2],
    [4, 'y', 1],
    [2, 'z', 1],
  ]);
});

test.each([
  ['docs/runbooks/service-down.md', '/docs/runbooks/service-down'],
  ['https://example.test/glasshouse/blob/main/docs/runbooks/x.md', '/docs/runbooks/x'],
  ['https://example.test/elsewhere', undefined],
  [undefined, undefined],
])('the runbook %s is the page %s', (runbook, path) => {
  expect(toDocPath(runbook)).toBe(path);
});
