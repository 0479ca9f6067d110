import { createEvidence, type Evidence } from '../../evidence.js';
import { setFaults } from '../../sent-telemetry.js';
import { type Answer, startShop, type TestShop } from '../../shop.js';
import { describeWith } from '../tool.js';
import { readCharts, readSearches } from './kibana.js';
import {
  type Line,
  lifecycle,
  readTemplate,
  readWays,
  type SearchNode,
  setUp,
  startSearchNode,
  toBulk,
} from './node.js';

interface Hits {
  readonly hits: { readonly hits: readonly { readonly _source: Line }[] };
}

const idsOf = (lines: readonly Line[]): unknown[] => lines.map((line) => line['event.id']).sort();
const orders = { sku: 'TEA-001', quantity: 1 };

describeWith(['opensearch'], "a real node with infra's index template and the log lines of real purchases", () => {
  let node: SearchNode;
  let shop: TestShop;
  let evidence: Evidence;
  let bought: Answer;
  let lines: readonly Line[];

  beforeAll(async () => {
    [node, shop] = await Promise.all([startSearchNode(), startShop()]);
    evidence = createEvidence(shop.addresses);
    await setUp(node);
    const customer = await shop.newCustomer();
    const order = (paymentMethod: string) => shop.order(customer.token, { lines: [orders], paymentMethod });
    bought = await order('card_ok');
    await order('card_declined');
    await order('card_slow');
    await shop.call('POST', '/users/api/login', { body: { email: customer.email, password: 'not the password' } });
    await setFaults(shop.addresses(), 'payment', [{ route: '*', errorRate: 1 }]);
    const failed = await order('card_ok');
    await setFaults(shop.addresses(), 'payment', []);
    for (const { traceId } of [bought, failed]) await evidence.wholeTrace(traceId);
    lines = await evidence.logs({ match_all: {} });
    await node.write(lines);
  });
  afterAll(async () => {
    await shop?.stop();
    await node?.stop();
  });

  test('the index template is taken as it is, but for the name of its lifecycle, which is not OpenSearch’s', async () => {
    const template = await readTemplate();
    const asItIs = await node.ask('/_index_template/as-it-is', { ...template, index_patterns: ['other-*'] }, 'PUT');
    expect(asItIs.status).toBe(400);
    const unknown = [...String(asItIs.body.error.reason).matchAll(/unknown setting \[(.+?)\]/g)].map(
      ([, name]) => name,
    );
    expect(unknown).toEqual([lifecycle]);
    const { body } = await node.ask('/glasshouse-logs-default/_mapping');
    const [{ mappings }] = Object.values(body) as [{ mappings: { dynamic: string; properties: object } }];
    expect(mappings.dynamic).toBe('false');
    expect(toTypes(mappings.properties)).toEqual(toTypes(template.template.mappings.properties));
  });

  test('Fluentd and Logstash write the same documents, and whatever comes twice is there once', async () => {
    const { fluentd, logstash } = await readWays();
    expect(logstash).toEqual(fluentd);
    const { body } = await node.ask('/_bulk?refresh=true', toBulk(lines, logstash));
    const outcomes = (body.items as { create: { status: number; error: { type: string } } }[]).map(
      ({ create }) => create,
    );
    expect(new Set(outcomes.map(({ status, error }) => `${status} ${error.type}`))).toEqual(
      new Set(['409 version_conflict_engine_exception']),
    );
    expect(outcomes).toHaveLength(lines.length);
    expect(idsOf(await node.all())).toEqual(idsOf(lines));
  });

  test('every field of every line can be searched, and none is unknown', async () => {
    const { template } = await readTemplate();
    const fields = [...new Set(lines.flatMap((line) => Object.keys(line)))];
    expect(fields.filter((field) => !(field in template.mappings.properties))).toEqual([]);
    for (const field of fields) {
      const { body } = await node.ask('/glasshouse-logs-*/_count', { query: { exists: { field } } });
      expect([field, body.count]).toEqual([field, lines.filter((line) => line[field] !== undefined).length]);
    }
  });

  test("Kibana's saved searches find what they are there for", async () => {
    const found = new Map<string, readonly Line[]>();
    for (const { id, body } of await readSearches()) {
      const answer = await node.ask('/glasshouse-logs-*/_search', body);
      expect([id, answer.status]).toEqual([id, 200]);
      found.set(
        id,
        (answer.body as Hits).hits.hits.map(({ _source }) => _source),
      );
    }
    const expected: Readonly<Record<string, (line: Line) => boolean>> = {
      'glasshouse-errors': (line) =>
        ['error', 'warn'].includes(String(line['log.level'])) || Number(line['http.response.status_code']) >= 500,
      'glasshouse-slow': (line) => line['event.action'] === 'http.request' && Number(line['event.duration']) >= 5e8,
      'glasshouse-order': (line) => line['glasshouse.order.number'] !== undefined,
      'glasshouse-security': (line) => line['event.action'] === 'login.failed',
    };
    expect([...found.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [id, isMeant] of Object.entries(expected)) {
      const meant = lines.filter(isMeant);
      expect(meant.length).toBeGreaterThan(0);
      expect([id, idsOf(found.get(id) ?? [])]).toEqual([id, idsOf(meant)]);
    }
  });

  test("the dashboard's charts add up to the lines that were written", async () => {
    const span = { fromMs: Date.now() - 3_600_000, toMs: Date.now() };
    const charts = await readCharts();
    expect(charts).toHaveLength(4);
    for (const { id, fields, query, toBody } of charts) {
      const { status, body } = await node.ask('/glasshouse-logs-*/_search', toBody(span));
      expect([id, status]).toEqual([id, 200]);
      const by = fields.at(-1) ?? '';
      const { body: meant } = await node.ask('/glasshouse-logs-*/_search', { query, size: 10_000 });
      const values = (meant as Hits).hits.hits.flatMap(({ _source }) => _source[by] ?? []);
      expect(values.length).toBeGreaterThan(0);
      expect([id, addUp(body.aggregations.chart, fields.length)]).toEqual([id, toMost(countOf(values), fields.length)]);
    }
  });

  test('the trace of a purchase is told by its lines in order', async () => {
    const query = { query: { term: { 'trace.id': bought.traceId } }, sort: [{ '@timestamp': 'asc' }], size: 100 };
    const { body } = await node.ask('/glasshouse-logs-*/_search', query);
    const facts = (body as Hits).hits.hits.map(({ _source }) => _source['event.action']);
    const story = ['order.accepted', 'payment.succeeded', 'order.placed'];
    expect(facts.filter((fact) => story.includes(String(fact)))).toEqual(story);
    expect(facts).toHaveLength(lines.filter((line) => line['trace.id'] === bought.traceId).length);
  });
});

const toTypes = (properties: object): Record<string, string> =>
  Object.fromEntries(flat('', properties).sort(([a], [b]) => (a < b ? -1 : 1)));

/** A node shows a field with dots in its name as an object within an object. */
const flat = (prefix: string, properties: object): [string, string][] =>
  Object.entries(properties as Record<string, { type?: string; properties?: object }>).flatMap(
    ([name, { type, properties: inner }]): [string, string][] =>
      inner === undefined ? [[prefix + name, type ?? '']] : flat(`${prefix}${name}.`, inner),
  );

interface Buckets {
  readonly buckets: readonly { readonly key: string | number; readonly doc_count: number; readonly chart?: Buckets }[];
}

const addUp = ({ buckets }: Buckets, depth: number): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const bucket of buckets) {
    const below = depth === 1 ? { [bucket.key]: bucket.doc_count } : addUp(bucket.chart ?? { buckets: [] }, depth - 1);
    for (const [key, count] of Object.entries(below)) counts[key] = (counts[key] ?? 0) + count;
  }
  return counts;
};

const countOf = (values: readonly unknown[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
};

/** A table shows the fifteen most frequent values, in the order of their names where they are as frequent. */
const toMost = (counts: Record<string, number>, depth: number): Record<string, number> =>
  depth > 1
    ? counts
    : Object.fromEntries(
        Object.entries(counts)
          .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
          .slice(0, 15),
      );
