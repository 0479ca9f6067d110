import type { Sample } from '../promql/index.js';
import { createAlertStates } from './alerting.js';
import type { AlertingRule } from './load.js';
import { parseTemplate } from './template.js';

const down: Sample = { labels: { __name__: 'up', job: 'order' }, value: 0 };

const setup = (change: Partial<AlertingRule> = {}) => {
  const rule: AlertingRule = {
    type: 'alerting',
    name: 'ServiceDown',
    query: 'up == 0',
    expression: {} as never,
    holdMs: 60_000,
    keepFiringMs: 0,
    labels: {},
    annotations: {},
    labelTemplates: { service: parseTemplate('{{ $labels.job }}'), none: parseTemplate('') },
    annotationTemplates: { description: parseTemplate('it is {{ $value }}') },
    ...change,
  };
  const states = createAlertStates(rule);
  /** The states after these seconds. */
  const at = (seconds: number, ...samples: Sample[]): string[] => {
    states.update(samples, seconds * 1_000);
    return states.active().map(({ state }) => state);
  };
  return { states, at };
};

test('an alert is pending until its condition has held for its time', () => {
  const { at, states } = setup();
  expect([at(0, down), at(45, down), at(60, down), at(75, down)]).toEqual([
    ['pending'],
    ['pending'],
    ['firing'],
    ['firing'],
  ]);
  expect(states.active()[0]).toMatchObject({ activeAt: 0, firedAt: 60_000 });
});

test('a condition that breaks off begins anew', () => {
  const { at, states } = setup();
  at(0, down);
  expect(at(30)).toEqual([]);
  expect(states.all()).toEqual([]);
  expect([at(45, down), at(60, down), at(105, down)]).toEqual([['pending'], ['pending'], ['firing']]);
});

test('without a time it fires at once', () => {
  expect(setup({ holdMs: 0 }).at(0, down)).toEqual(['firing']);
});

test('an alert that is over is remembered for a quarter of an hour, and comes again as a new one', () => {
  const { at, states } = setup({ holdMs: 0 });
  at(0, down);
  expect(at(10)).toEqual([]);
  expect(states.all()).toMatchObject([{ state: 'inactive', firedAt: 0, resolvedAt: 10_000 }]);
  at(20, down);
  expect(states.all()).toMatchObject([{ state: 'firing', activeAt: 20_000, firedAt: 20_000, resolvedAt: undefined }]);
  at(30);
  at(30 + 15 * 60);
  expect(states.all()).toHaveLength(1);
  at(31 + 15 * 60);
  expect(states.all()).toEqual([]);
});

test('an alert that is kept firing ends its time after the condition, and a return of it begins the time anew', () => {
  const { at, states } = setup({ holdMs: 0, keepFiringMs: 60_000 });
  at(0, down);
  expect([at(10), at(50), at(60, down), at(70), at(129)]).toEqual(Array(5).fill(['firing']));
  expect(states.active()[0]).toMatchObject({ activeAt: 0, keepFiringSince: 70_000 });
  expect(at(130)).toEqual([]);
});

test('a pending alert is not kept', () => {
  const { at } = setup({ keepFiringMs: 60_000 });
  at(0, down);
  expect(at(10)).toEqual([]);
});

test('labels are those of the sample and of the rule, the value and its text are the latest', () => {
  const { at, states } = setup();
  at(0, down);
  at(15, { ...down, value: 0.5 });
  expect(states.active()).toMatchObject([
    {
      labels: { alertname: 'ServiceDown', job: 'order', service: 'order' },
      annotations: { description: 'it is 0.5' },
      value: 0.5,
    },
  ]);
  expect(Object.keys(states.active()[0]?.labels ?? {})).toEqual(['alertname', 'job', 'service']);
});

test('two samples that make the same alert are an error, and change nothing', () => {
  const { at, states } = setup({ labelTemplates: { job: parseTemplate('all') } });
  expect(() => at(0, down, { labels: { job: 'payment' }, value: 0 })).toThrow('same labelset');
  expect(states.all()).toEqual([]);
});
