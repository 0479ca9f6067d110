import type { Repository } from './repository.js';
import { stackRules } from './rules-stack.js';

const telemetryPage = `
## Metrics

| metric | type |
| --- | --- |
| \`orders_total\` | counter |
| \`http_server_request_duration_seconds\` | histogram |

## Facts

| fact | level |
| --- | --- |
| \`order.placed\` | info |

## Log fields

| field | meaning |
| --- | --- |
| \`trace.id\`, \`event.action\` | |

## Business fields

| field | meaning |
| --- | --- |
| \`glasshouse.sku\` | |
`;

const check = (files: Record<string, string>): string[] => {
  const all = { 'docs/telemetry.md': telemetryPage, ...files };
  const repository: Repository = { files: Object.entries(all).map(([path, text]) => ({ path, text })) };
  return stackRules.flatMap((rule) => rule(repository)).map(({ rule }) => rule);
};

const toDashboard = (target: object): string => JSON.stringify({ panels: [{ targets: [target] }] });

test.each([
  ['a counter of ours', 'rate(orders_total{outcome="x"}[5m])'],
  ["a histogram's buckets", 'sum by (le) (rate(http_server_request_duration_seconds_bucket[$__rate_interval]))'],
  ['a recorded series', 'job:orders:rate1m / on (job) group_left (x) up'],
  ['a metric of an exporter', '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes'],
])('a dashboard may ask for %s', (_name, expr) => {
  const rules = 'groups:\n  - rules:\n      - record: job:orders:rate1m\n';
  expect(
    check({ 'infra/grafana/dashboards/a.json': toDashboard({ expr }), 'infra/prometheus/rules/a.yml': rules }),
  ).toEqual([]);
});

test('a dashboard that asks for a metric nobody measures is refused', () => {
  const dashboard = toDashboard({ expr: 'sum(rate(ordres_total[5m])) or vector(0)' });
  expect(check({ 'infra/grafana/dashboards/a.json': dashboard })).toEqual([
    'It asks for ordres_total, which nobody measures and no rule records.',
  ]);
});

test('a variable and a link from a trace are questions, too', () => {
  const dashboard = JSON.stringify({ templating: { list: [{ definition: 'label_values(gone_total, job)' }] } });
  const sources = '          - name: Rate\n            query: sum by (job) (rate(lost_total{$$__tags}[1m]))\n';
  expect(check({ 'infra/grafana/dashboards/a.json': dashboard, 'infra/grafana/provisioning/a.yaml': sources })).toEqual(
    [
      'It asks for gone_total, which nobody measures and no rule records.',
      'It asks for lost_total, which nobody measures and no rule records.',
    ],
  );
});

test.each([
  ['a panel of logs', 'infra/grafana/dashboards/a.json', toDashboard({ query: 'trace.ID:"a"' })],
  [
    "one of Jaeger's links",
    'infra/jaeger/ui.json',
    JSON.stringify({ url: `x?_a=(columns:!(trace.id),query:(language:kuery,query:'trace.ID:"#{traceID}"'))` }),
  ],
  [
    'a saved search',
    'infra/kibana/a.ndjson',
    JSON.stringify({
      attributes: {
        columns: ['trace.id'],
        kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify({ query: { query: 'trace.ID : *' } }) },
      },
    }),
  ],
  ['a column', 'infra/kibana/a.ndjson', JSON.stringify({ attributes: { columns: ['trace.ID'] } })],
  ['a link of a field', 'infra/kibana/a.ndjson', JSON.stringify({ attributes: { fieldFormatMap: '{"trace.ID":{}}' } })],
  ['a chart', 'infra/kibana/a.ndjson', JSON.stringify({ attributes: { state: { a: { sourceField: 'trace.ID' } } } })],
])('%s that names a field nobody writes is refused', (_name, path, text) => {
  expect(check({ [path]: text })).toEqual(['It names the log field trace.ID, which does not exist.']);
});

test('a query for a fact that nobody states is refused', () => {
  const dashboard = toDashboard({
    query: 'event.action:("order.placed" OR "order.plaiced") AND NOT event.action:"x.y"',
  });
  expect(check({ 'infra/grafana/dashboards/a.json': dashboard })).toEqual([
    'It asks for the fact order.plaiced, which nobody states.',
    'It asks for the fact x.y, which nobody states.',
  ]);
});

test('the index template has a type for every documented field and for no other', () => {
  const properties = { 'trace.id': {}, 'event.action': {}, 'span.id': {} };
  const template = JSON.stringify({ template: { mappings: { properties } } });
  expect(check({ 'infra/elasticsearch/index-template.json': template })).toEqual([
    'It has no type for the log field glasshouse.sku, so nobody can search for it.',
    'It has a type for span.id, which is no log field.',
  ]);
});
