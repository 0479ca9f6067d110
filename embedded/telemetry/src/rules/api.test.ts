import type express from 'express';
import request from 'supertest';
import { createApi } from '../http.js';
import { createPromql } from '../promql/index.js';
import { createMetricStore } from '../store/metrics.js';
import { createRulesApi } from './api.js';
import { createEvaluatedGroup, type EvaluatedGroup } from './groups.js';
import { parseRules } from './load.js';

const at = Date.UTC(2026, 10, 22, 12);
let group: EvaluatedGroup;
let api: express.Express;

beforeAll(async () => {
  const text = `
groups:
  - name: g
    interval: 30s
    rules:
      - { record: one, expr: vector(1), labels: { by: rule } }
      - { record: bad, expr: 'one[5m]' }
      - { alert: Fires, expr: one > 0, labels: { severity: page }, annotations: { summary: 'is {{ $value }}' } }
      - { alert: Waits, expr: one > 0, for: 1h, keep_firing_for: 1m }
      - { alert: Sleeps, expr: one > 1 }
`;
  const store = createMetricStore(100);
  const [loaded] = parseRules([{ path: 'rules.yml', text }], 1);
  if (loaded === undefined) throw new Error('there is one group');
  group = createEvaluatedGroup(loaded, { query: createPromql(store).query, createWriter: store.createWriter });
  api = createApi();
  api.use(createRulesApi({ groups: () => [group] }));
});

const get = async (path: string) => (await request(api).get(path)).body;

test('before the first evaluation nothing is known', async () => {
  const { data } = await get('/api/v1/rules');
  expect(data.groups[0].rules[0]).toMatchObject({ health: 'unknown', lastEvaluation: '0001-01-01T00:00:00Z' });
});

describe('after an evaluation', () => {
  beforeAll(() => group.evaluate(at));

  const time = '2026-11-22T12:00:00.000Z';
  const evaluated = { evaluationTime: expect.any(Number), lastEvaluation: time };

  test('rules are listed as Prometheus does', async () => {
    const { status, data } = await get('/api/v1/rules');
    expect(status).toBe('success');
    expect(data.groups).toMatchObject([{ name: 'g', file: group.group.file, interval: 30, limit: 0, ...evaluated }]);
    expect(data.groups[0].rules).toEqual([
      { name: 'one', query: 'vector(1)', labels: { by: 'rule' }, health: 'ok', ...evaluated, type: 'recording' },
      {
        name: 'bad',
        query: 'one[5m]',
        health: 'err',
        lastError: 'rule result is not a vector or scalar',
        ...evaluated,
        type: 'recording',
      },
      {
        state: 'firing',
        name: 'Fires',
        query: 'one > 0',
        duration: 0,
        keepFiringFor: 0,
        labels: { severity: 'page' },
        annotations: { summary: 'is {{ $value }}' },
        alerts: [
          {
            labels: { alertname: 'Fires', by: 'rule', severity: 'page' },
            annotations: { summary: 'is 1' },
            state: 'firing',
            activeAt: time,
            value: '1e+00',
          },
        ],
        health: 'ok',
        ...evaluated,
        type: 'alerting',
      },
      expect.objectContaining({ name: 'Waits', state: 'pending', duration: 3_600, keepFiringFor: 60 }),
      expect.objectContaining({ name: 'Sleeps', state: 'inactive', alerts: [] }),
    ]);
  });

  test('alerts are those that fire or wait', async () => {
    const { data } = await get('/api/v1/alerts');
    expect(
      data.alerts.map((alert: { labels: { alertname: string }; state: string }) => [
        alert.labels.alertname,
        alert.state,
      ]),
    ).toEqual([
      ['Fires', 'firing'],
      ['Waits', 'pending'],
    ]);
  });

  test.each([
    ['type=alert', ['Fires', 'Waits', 'Sleeps']],
    ['type=record', ['one', 'bad']],
    ['rule_name[]=Fires&rule_name[]=one', ['one', 'Fires']],
    ['rule_group[]=other', []],
  ])('%s chooses', async (query, names) => {
    const { data } = await get(`/api/v1/rules?${query}`);
    const rules = data.groups.flatMap((one: { rules: { name: string }[] }) => one.rules);
    expect(rules.map(({ name }: { name: string }) => name)).toEqual(names);
  });

  test('another type is refused in the form of Prometheus', async () => {
    const response = await request(api).get('/api/v1/rules?type=all');
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({
      status: 'error',
      errorType: 'bad_data',
      error: expect.stringContaining('"all"'),
    });
  });

  test('the link of a notification leads to the answer of its expression', async () => {
    const response = await request(api).get('/graph?g0.expr=up+%3D%3D+0&g0.tab=1');
    expect(response.headers.location).toBe('/api/v1/query?query=up+%3D%3D+0');
  });
});
