import { createPromql } from '../promql/index.js';
import { createMetricStore } from '../store/metrics.js';
import { waitFor } from '../testing/running-backend.js';
import { createEvaluatedGroup, createSchedule } from './groups.js';
import { parseRules } from './load.js';

const start = 1_700_000_000_000;
const setup = (rules: string) => {
  const text = `groups: [{ name: g, interval: 1s, rules: [${rules}] }]`;
  const store = createMetricStore(1_000);
  const promql = createPromql(store);
  const [group] = parseRules([{ path: 'rules.yml', text }], 1);
  if (group === undefined) throw new Error('there is one group');
  const writer = store.createWriter();
  let at = start;
  return {
    group: createEvaluatedGroup(group, { query: promql.query, createWriter: store.createWriter }),
    /** One second later. */
    next: () => {
      at += 1_000;
      return at;
    },
    scrape(values: Readonly<Record<string, number>>) {
      writer.begin(at);
      for (const [job, value] of Object.entries(values)) writer.sample(job, () => ({ __name__: 'up', job }), value);
      writer.finish();
    },
    ask(query: string) {
      const value = promql.query(query, at);
      return value.type === 'vector' ? value.samples.map(({ labels, value }) => [labels, value]) : value;
    },
  };
};

test('a rule sees what the rules before it have written at the same time', async () => {
  const { group, next, scrape, ask } = setup(`
    { record: 'job:up:sum', expr: 'sum(up)', labels: { by: rule } },
    { record: 'job:up:twice', expr: 'job:up:sum * 2' }`);
  const at = next();
  scrape({ order: 1, payment: 1 });
  await group.evaluate(at);
  expect(ask('job:up:twice')).toEqual([[{ __name__: 'job:up:twice', by: 'rule' }, 4]]);
});

test('a recorded series ends as soon as its rule does not tell it any more', async () => {
  const { group, next, scrape, ask } = setup("{ record: 'job:up:down', expr: 'up == 0' }");
  let at = next();
  scrape({ order: 0, payment: 0 });
  await group.evaluate(at);
  expect(ask('count(job:up:down)')).toEqual([[{}, 2]]);
  at = next();
  scrape({ order: 1, payment: 0 });
  await group.evaluate(at);
  expect(ask('job:up:down')).toEqual([[{ __name__: 'job:up:down', job: 'payment' }, 0]]);
});

test('an alert is a series of its state, and one of when it began', async () => {
  const { group, next, scrape, ask } = setup("{ alert: Down, expr: 'up == 0', for: 1s, labels: { severity: page } }");
  const first = next();
  scrape({ order: 0 });
  await group.evaluate(first);
  const alert = { alertname: 'Down', job: 'order', severity: 'page' };
  expect(ask('ALERTS')).toEqual([[{ __name__: 'ALERTS', ...alert, alertstate: 'pending' }, 1]]);
  const second = next();
  scrape({ order: 0 });
  await group.evaluate(second);
  expect(ask('ALERTS')).toEqual([[{ __name__: 'ALERTS', ...alert, alertstate: 'firing' }, 1]]);
  expect(ask('ALERTS_FOR_STATE')).toEqual([[{ __name__: 'ALERTS_FOR_STATE', ...alert }, first / 1_000]]);
});

test('a rule that fails says why, and does not keep the others from their work', async () => {
  const { group, next, scrape, ask } = setup(`
    { record: twins, expr: up, labels: { job: '', instance: '' } },
    { record: ranges, expr: 'up[5m]' },
    { record: fine, expr: 'sum(up)' }`);
  const at = next();
  scrape({ order: 1, payment: 1 });
  await group.evaluate(at);
  expect(group.rules.map(({ health }) => [health.state, health.error])).toEqual([
    ['err', expect.stringContaining('same labelset')],
    ['err', 'rule result is not a vector or scalar'],
    ['ok', ''],
  ]);
  expect(group.stats()).toEqual({ evaluations: 3, failures: 2 });
  expect(ask('fine')).toHaveLength(1);
});

test('a run that takes longer than its interval is not overtaken', async () => {
  const { group } = setup("{ record: fine, expr: 'vector(1)' }");
  let release = (): void => {};
  let running = 0;
  let most = 0;
  const slow = {
    ...group,
    group: { ...group.group, intervalMs: 5 },
    evaluate: async () => {
      running++;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      running--;
    },
  };
  let evaluated = 0;
  const schedule = createSchedule([slow], { now: Date.now, onEvaluated: () => evaluated++ });
  schedule.start();
  await waitFor('some missed runs', () => schedule.missed() > 2);
  release();
  await waitFor('the run to end', () => evaluated === 1);
  await waitFor('the next run', () => running === 1);
  const stopped = schedule.stop();
  release();
  await stopped;
  expect(most).toBe(1);
  expect(evaluated).toBe(2);
});
