import { parse } from 'yaml';
import { type Gateway, parsePromises } from './promises.js';
import { toRuleFile } from './rule-file.js';

const gateway: Gateway = { routes: ['POST /api/orders', 'GET /api/orders/:id'], buckets: [0.25, 0.5, 1] };

const promises = `
period: 30d
minimumErrors: 5
burnRates:
  - { severity: page, longWindow: 1h, shortWindow: 5m, rate: 14.4 }
  - { severity: page, longWindow: 6h, shortWindow: 30m, rate: 6 }
  - { severity: ticket, longWindow: 3d, shortWindow: 6h, rate: 1 }
groups:
  - name: late-orders
    service: order
    routes: [POST /api/orders, 'GET /api/orders/:id']
    objectives:
      - { sli: availability, target: 0.999, badStatuses: 5.., promise: are answered }
      - { sli: latency, target: 0.99, withinSeconds: 1, promise: are answered within 1 s }
`;

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const toRules = (text: string): Rule[] => {
  const { groups } = parse(toRuleFile(parsePromises(text, gateway))) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
};

const exprOf = (record: string, slo?: string): string =>
  toRules(promises).find((rule) => rule.record === record && (slo === undefined || rule.labels?.slo === slo))?.expr ??
  '';

test('each severity has one alert, and each burn rate in it both of its windows', () => {
  const alerts = toRules(promises).filter(
    ({ alert, labels }) => alert !== undefined && labels?.slo === 'late-orders-availability',
  );
  expect(alerts.map(({ alert, labels }) => `${alert} ${labels?.severity}`)).toEqual([
    'LateOrdersBudgetBurn page',
    'LateOrdersBudgetBurn ticket',
  ]);
  expect([...(alerts[0]?.expr ?? '').matchAll(/ratio_rate(\w+)\{.*?\} > (.*)/g)].map(([, ...found]) => found)).toEqual([
    ['1h', '14.4 * (1 - 0.999)'],
    ['5m', '14.4 * (1 - 0.999)'],
    ['6h', '6 * (1 - 0.999)'],
    ['30m', '6 * (1 - 0.999)'],
  ]);
  expect(alerts[0]?.expr).toContain('slo:errors:increase1h{slo="late-orders-availability"} >= 5');
});

test('a group of several routes counts exactly those, and errors are zero rather than missing', () => {
  expect(exprOf('slo:requests:increase5m', 'late-orders-availability')).toBe(
    'sum(increase(http_server_request_duration_seconds_count{job="gateway", http_request_method="POST", http_route="/api/orders"}[5m])' +
      ' or increase(http_server_request_duration_seconds_count{job="gateway", http_request_method="GET", http_route="/api/orders/:id"}[5m]))',
  );
  expect(exprOf('slo:errors:increase5m', 'late-orders-availability')).toContain(
    '  or\n0 * sum(slo:requests:increase5m{',
  );
});

test('a latency is read from the bucket of its bound, however Prometheus writes that', () => {
  expect(exprOf('slo:errors:increase1h', 'late-orders-latency')).toContain('le=~"1([.]0)?"');
});

test('long windows are added up from short ones, and no requests are no ratio', () => {
  expect(exprOf('slo:errors:increase3d')).toBe('sum_over_time(slo:errors:increase5m[3d:5m])');
  expect(exprOf('slo:errors_per_request:ratio_rate3d')).toBe('slo:errors:increase3d / (slo:requests:increase3d > 0)');
});

test.each([
  [
    'a route that the gateway does not have',
    'POST /api/orders,',
    'POST /api/order,',
    ['The gateway has no route POST /api/order.', 'POST /api/orders is in no group.'],
  ],
  [
    'a latency between two buckets',
    'withinSeconds: 1,',
    'withinSeconds: 0.3,',
    ["late-orders-latency: 0.3 s is no bound of the histogram's buckets, which are 0.25, 0.5, 1."],
  ],
  [
    'a target that no burn rate can break',
    'target: 0.99,',
    'target: 0.9,',
    ['late-orders-latency: with the target 0.9 a burn rate of 14.4 can never be reached.'],
  ],
  [
    'a target in percent',
    'target: 0.99,',
    'target: 99,',
    ['late-orders-latency: target is a share between 0 and 1, as 0.999.'],
  ],
  [
    'two kinds of badness at once',
    'badStatuses: 5..,',
    'badStatuses: 5.., withinSeconds: 1,',
    ['late-orders-availability: it needs one of badStatuses and withinSeconds.'],
  ],
  [
    'an unknown field',
    'period: 30d',
    'periode: 30d',
    ['the file has an unknown field periode.', 'the file lacks period.'],
  ],
])('%s is refused', (_name, from, to, problems) => {
  expect(() => parsePromises(promises.replace(from, to), gateway)).toThrow(new Error(problems.join('\n')));
});
