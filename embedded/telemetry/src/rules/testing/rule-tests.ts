import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { createPromql, type Labels, type Promql, type Sample } from '../../promql/index.js';
import { createMetricStore, type MetricStore } from '../../store/metrics.js';
import { toLabels } from '../../store/metrics-labels.js';
import { parseRuleDuration } from '../durations.js';
import { createEvaluatedGroup, type EvaluatedGroup } from '../groups.js';
import { parseRules, type RuleGroup } from '../load.js';

/** A file for `promtool test rules`, as far as ours use its language. */
interface TestFile {
  rule_files: string[];
  evaluation_interval: string;
  tests: RuleTest[];
}

export interface RuleTest {
  name: string;
  interval: string;
  input_series: { series: string; values: string }[];
  alert_rule_test?: { eval_time: string; alertname: string; exp_alerts: ExpectedAlert[] }[];
  promql_expr_test?: { expr: string; eval_time: string; exp_samples: { labels: string; value: number }[] }[];
}

interface ExpectedAlert {
  exp_labels?: Labels;
  exp_annotations?: Labels;
}

/** What was asked for at a time, what should have come, and what came. */
export interface Finding {
  what: string;
  expected: unknown;
  received: unknown;
}

/** Our store takes no samples at the epoch itself, and steps of subqueries are counted from it. */
const startAt = 20_000 * 86_400_000;

export const readRuleTests = (file: string): { tests: RuleTest[]; run(test: RuleTest): Promise<Finding[]> } => {
  const { rule_files, evaluation_interval, tests } = parse(readFileSync(file, 'utf8'), { merge: true }) as TestFile;
  const paths = rule_files.map((path) => resolve(dirname(file), path));
  const files = paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }));
  const groups = parseRules(files, 1);
  const stepMs = parseRuleDuration(evaluation_interval);
  return { tests, run: (test) => runTest(test, groups, stepMs) };
};

const runTest = async (test: RuleTest, written: readonly RuleGroup[], stepMs: number): Promise<Finding[]> => {
  const store = createMetricStore(10_000);
  const promql = createPromql(store);
  const parts = { query: promql.query, createWriter: store.createWriter };
  const groups = written.map((group) => createEvaluatedGroup(group, parts));
  const inputs = test.input_series.map((input) => createInput(store, input, parseRuleDuration(test.interval)));
  const asked = [...(test.alert_rule_test ?? []), ...(test.promql_expr_test ?? [])];
  const times = asked.map(({ eval_time }) => parseRuleDuration(eval_time));
  const findings: Finding[] = [];
  for (let time = 0; time <= Math.max(...times); time += stepMs) {
    for (const input of inputs) input.writeUntil(startAt + time);
    for (const group of groups) await group.evaluate(startAt + time);
    findings.push(...lookAt(test, { groups, promql, time }));
  }
  return [...findings, ...groups.flatMap(findErrors)];
};

interface Moment {
  groups: readonly EvaluatedGroup[];
  promql: Promql;
  /** Milliseconds since the start. */
  time: number;
}

const lookAt = ({ alert_rule_test = [], promql_expr_test = [] }: RuleTest, moment: Moment): Finding[] => {
  const isNow = ({ eval_time }: { eval_time: string }): boolean => parseRuleDuration(eval_time) === moment.time;
  return [
    ...alert_rule_test.filter(isNow).map(({ alertname, eval_time, exp_alerts }) => ({
      what: `${alertname} at ${eval_time}`,
      expected: inOrder(
        exp_alerts.map(({ exp_labels = {}, exp_annotations = {} }) => ({
          labels: toLabels(Object.entries({ ...exp_labels, alertname })),
          annotations: exp_annotations,
        })),
      ),
      received: inOrder(firing(moment.groups, alertname)),
    })),
    ...promql_expr_test.filter(isNow).map(({ expr, eval_time, exp_samples }) => ({
      what: `${expr} at ${eval_time}`,
      expected: inOrder(exp_samples.map(({ labels, value }) => ({ labels: parseLabels(labels), value }))),
      received: inOrder(toSamples(moment.promql.query(expr, startAt + moment.time))),
    })),
  ];
};

const firing = (groups: readonly EvaluatedGroup[], name: string) =>
  groups
    .flatMap(({ rules }) => rules.flatMap(({ rule, states }) => (rule.name === name ? (states?.active() ?? []) : [])))
    .filter(({ state }) => state === 'firing')
    .map(({ labels, annotations }) => ({ labels, annotations }));

const findErrors = ({ rules }: EvaluatedGroup): Finding[] =>
  rules.map(({ rule, health }) => ({ what: `the error of ${rule.name}`, expected: '', received: health.error }));

const toSamples = (value: ReturnType<Promql['query']>): Sample[] => (value.type === 'vector' ? value.samples : []);

const inOrder = <T>(values: readonly T[]): T[] =>
  [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** Every series has a writer of its own, since one that misses a sample is not stale here, as it would be in a scrape. */
const createInput = (store: MetricStore, input: { series: string; values: string }, intervalMs: number) => {
  const writer = store.createWriter();
  const labels = parseLabels(input.series);
  const values = input.values.split(/\s+/).flatMap(expand);
  let next = 0;
  return {
    writeUntil(at: number): void {
      for (; next < values.length && startAt + next * intervalMs <= at; next++) {
        const value = values[next];
        if (value === undefined) continue;
        writer.begin(startAt + next * intervalMs);
        if (value !== 'stale') writer.sample(input.series, () => labels, value);
        writer.finish();
      }
    },
  };
};

/** `1+2x3` is 1 3 5 7, `4x2` is 4 4 4; `_` is no sample. */
const expand = (text: string): (number | 'stale' | undefined)[] => {
  const [, first = '', step = '0', times = '0'] = /^(_|stale|-?[\d.]+)([+-][\d.]+)?(?:x(\d+))?$/.exec(text) ?? [];
  if (first === '') throw new Error(`${text} is no series of values`);
  if (first === 'stale') return ['stale'];
  // Of nothing there are as many as it says, of a value one more.
  if (first === '_') return Array.from({ length: Math.max(1, Number(times)) }, () => undefined);
  return Array.from({ length: Number(times) + 1 }, (_none, index) => Number(first) + index * Number(step));
};

const parseLabels = (text: string): Labels => {
  const [, name = '', list = ''] = /^([\w:]*)(?:\{(.*)\})?$/.exec(text) ?? [];
  const pairs = [...list.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1] ?? '', match[2] ?? ''] as const);
  return toLabels([...pairs, ['__name__', name]]);
};
