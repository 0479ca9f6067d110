import { alertRules, toMetricNames } from './rules-alerts.js';

const check = (files: Record<string, string>): string[] => {
  const repository = { files: Object.entries(files).map(([path, text]) => ({ path, text })) };
  return alertRules.flatMap((rule) => rule(repository)).map(({ file, rule }) => `${file}: ${rule}`);
};

const rules = 'infra/prometheus/rules/alerts.yml';
const runbook = 'docs/runbooks/order-saga-stuck.md';

/** A repository in which there is nothing to tidy. */
const tidy: Record<string, string> = {
  [rules]: `
groups:
  - name: business
    rules:
      - record: job:orders:rate1m
        expr: sum by (job) (rate(orders_total[1m])) / histogram_quantile(0.5, sum by (le) (rate(order_value_euros_bucket[1m])))
      - alert: OrderSagaStuck
        expr: order_saga_oldest_seconds > 60 and on (job) up == 1 and job:orders:rate1m > 0
        labels: { severity: page, service: order }
        annotations: { summary: s, description: d, runbook: ${runbook} }
`,
  'infra/prometheus/tests/business.yml': 'tests: [{ alert_rule_test: [{ alertname: OrderSagaStuck }] }]',
  [runbook]:
    '```promql\n# which?\nmax(order_saga_oldest_seconds)\n```\n\n```lucene\nevent.action:order.deferred\n```\n',
  'docs/alerts.md': '## Alerts\n\n| alert | |\n| --- | --- |\n| `OrderSagaStuck` | |\n',
  'docs/telemetry.md':
    '## Metrics\n\n| `orders_total` |\n| `order_value_euros` |\n| `order_saga_oldest_seconds` |\n\n## Facts\n\n| `order.deferred` |\n',
};

test('a repository that keeps the rules has nothing to tidy', () => {
  expect(check(tidy)).toEqual([]);
});

test.each([
  [
    'a metric that nobody makes, in a rule',
    rules,
    'order_saga_oldest_seconds >',
    'order_saga_oldest >',
    [`${rules}: It asks for the metric order_saga_oldest, which nobody makes.`],
  ],
  [
    'a metric that nobody makes, in a runbook',
    runbook,
    'max(order_saga_oldest_seconds)',
    'max(order_saga_age_seconds)',
    [`${runbook}: It asks for the metric order_saga_age_seconds, which nobody makes.`],
  ],
  [
    'a fact that nobody states',
    runbook,
    'order.deferred',
    'order.delayed',
    [`${runbook}: It looks for the fact order.delayed, which nobody states.`],
  ],
  [
    'a severity of its own',
    rules,
    'severity: page',
    'severity: urgent',
    [`${rules}: The alert OrderSagaStuck has no severity.`],
  ],
  ['no service', rules, ', service: order', '', [`${rules}: The alert OrderSagaStuck names no service.`]],
  ['no description', rules, 'description: d, ', '', [`${rules}: The alert OrderSagaStuck has no description.`]],
  [
    "another alert's runbook",
    rules,
    `runbook: ${runbook}`,
    'runbook: docs/runbooks/service-down.md',
    [`${rules}: The alert OrderSagaStuck does not lead to its runbook.`],
  ],
  [
    'an alert without runbook, test and row',
    rules,
    'alert: OrderSagaStuck',
    'alert: OrderSagaHangs',
    [
      `${rules}: The alert OrderSagaHangs has no runbook.`,
      `${runbook}: No alert leads to this runbook.`,
      `${rules}: The alert OrderSagaHangs does not lead to its runbook.`,
      `${rules}: The alert OrderSagaHangs is in no test.`,
      `${rules}: The alert OrderSagaHangs is not in docs/alerts.md.`,
      'docs/alerts.md: There is no alert OrderSagaStuck.',
    ],
  ],
])('%s is told', (_name, file, from, to, expected) => {
  expect(check({ ...tidy, [file]: (tidy[file] ?? '').replace(from, to) })).toEqual(expected);
});

test('names of metrics are told from everything else in an expression', () => {
  const expression = `
# a comment about nothing
sum by (job, le) (rate(a_bucket{path=~"up|down", job="x"}[5m] offset 5m)) / on (job) group_left (version) b:c:rate1m
  and ignoring(le) clamp_min(d_total{}, 0.5e3) > bool 1 or vector(1) unless e_seconds`;
  expect(toMetricNames(expression)).toEqual(['a_bucket', 'b:c:rate1m', 'd_total', 'e_seconds']);
});
