import type { LogLine } from '../analysis/log-line.js';
import { line } from '../analysis/testing/evidence.js';
import { span, testStartUs, traceOf } from '../analysis/testing/traces.js';
import { type Trace, toTrace } from '../analysis/trace.js';
import { BackendError } from './backend-error.js';
import type { Query } from './elasticsearch.js';
import { type EvidenceClients, gatherEvidence } from './evidence.js';
import type { TraceSearch } from './jaeger.js';
import type { Rule } from './prometheus.js';

const nowMs = testStartUs / 1_000 + 60_000;
const ids = {
  order: 'XHKMzuBzK6Bxzvrc3Y5LT3ocNQPr32A5apf_D0nQRP0',
  number: 'G-2026-122B45',
  request: '91c7590b-265a-4fe8-bf05-52e3dfe887f7',
};
const orderTags = { 'glasshouse.order.id': ids.order, 'glasshouse.order.number': ids.number };

const first = traceOf(
  span('gateway', {
    service: 'gateway',
    kind: 'server',
    name: 'POST /api/orders',
    takes: 50,
    tags: { 'request.id': ids.request },
  }),
  span('order', { parent: 'gateway', kind: 'server', tags: orderTags }),
  span('payment', { parent: 'order', service: 'payment', kind: 'server', code: 'injected_fault' }),
);
const recovery = toTrace('a'.repeat(32), [span('order.recover', { at: 2_000, tags: orderTags })]) as Trace;
const lines = [
  line({ at: 10, fact: 'order.accepted', fields: { ...orderTags, 'request.id': ids.request } }),
  line({ at: 2_001, fact: 'order.placed', trace: recovery.traceId, fields: orderTags }),
  line({ at: 20, fact: 'http.error', service: 'product', level: 'warn', trace: 'other' }),
];

const rule: Rule = {
  name: 'BreakerOpen',
  query: 'x',
  type: 'alerting',
  health: 'ok',
  annotations: { summary: '{{ $labels.service }} is not called', runbook: 'docs/runbooks/breaker-open.md' },
  alerts: [
    {
      labels: { alertname: 'BreakerOpen', severity: 'ticket', service: 'payment' },
      annotations: { summary: 'payment is not called', runbook: 'docs/runbooks/breaker-open.md' },
      state: 'firing',
      activeAt: '',
      value: '2',
    },
  ],
};

/** Backends that hold these traces and lines, and know of queries what the evidence asks. */
const createBackends = (traces: readonly Trace[] = [first, recovery], held: readonly LogLine[] = lines) => {
  const searches: TraceSearch[] = [];
  const matches = (query: Query, each: LogLine): boolean => {
    const { term, terms, bool } = query as Record<string, Record<string, never>>;
    if (term) return Object.entries(term).every(([name, value]) => each.fields[name] === value);
    if (terms)
      return Object.entries(terms).every(([name, values]) => (values as unknown[]).includes(each.fields[name]));
    const { filter = [], must_not = [] } = bool as unknown as { filter?: Query[]; must_not?: Query[] };
    return (
      filter.every((part) => 'range' in part || matches(part, each)) && !must_not.some((part) => matches(part, each))
    );
  };
  const clients: EvidenceClients = {
    jaeger: {
      services: async () => [],
      operations: async () => [],
      dependencies: async () => [],
      trace: async (id) => traces.find(({ traceId }) => traceId === id),
      traces: async (search) => {
        searches.push(search);
        return traces.filter(({ spans }) =>
          spans.some(
            ({ service, name, tags }) =>
              service === search.service &&
              (search.operation ?? name) === name &&
              Object.entries(search.tags ?? {}).every(([key, value]) => String(tags[key]) === value),
          ),
        );
      },
    },
    elasticsearch: {
      count: async () => 0,
      search: async ({ query }) => {
        const found = held.filter((each) => matches(query ?? {}, each));
        return { total: found.length, isTotalExact: true, lines: found, aggregations: {} };
      },
    },
    prometheus: {
      query: async (expression) =>
        expression.includes('circuit_breaker_state')
          ? [{ labels: { job: 'order', peer_service: 'payment' }, value: 2 }]
          : [
              {
                labels: { alertname: 'BreakerOpen', alertstate: 'firing', severity: 'ticket', service: 'payment' },
                value: 1,
              },
            ],
      rules: async () => [{ name: 'breakers', file: '', rules: [rule] }],
    } as Partial<EvidenceClients['prometheus']> as EvidenceClients['prometheus'],
  };
  return { clients, searches };
};

test.each([
  ['trace', first.traceId],
  ['request', ids.request],
  ['order-number', ids.number],
  ['order-id', ids.order],
])('by its %s, everything about an order is found, the recovery included', async (kind, text) => {
  const evidence = await gatherEvidence(createBackends().clients, text, { nowMs });
  expect(evidence.subject).toMatchObject({ kind });
  expect(evidence.traces.map(({ traceId }) => traceId)).toEqual([first.traceId, recovery.traceId]);
  expect(evidence.lines.map(({ fact }) => fact)).toEqual(['order.accepted', 'order.placed']);
  expect(evidence.around.map(({ service }) => service)).toEqual(['product']);
  expect(evidence.breakers).toEqual([{ service: 'order', peer: 'payment', state: 'open' }]);
  expect(evidence.alerts).toEqual([
    {
      name: 'BreakerOpen',
      severity: 'ticket',
      service: 'payment',
      summary: 'payment is not called',
      runbook: 'docs/runbooks/breaker-open.md',
    },
  ]);
  expect(evidence.unavailable).toEqual([]);
});

test('a recovery that is asked about by its own id stands first', async () => {
  const { traces } = await gatherEvidence(createBackends().clients, recovery.traceId, { nowMs });
  expect(traces.map(({ traceId }) => traceId)).toEqual([recovery.traceId, first.traceId]);
});

test('failures like this one are looked for by the span that failed first', async () => {
  const { clients, searches } = createBackends();
  await gatherEvidence(clients, first.traceId, { nowMs });
  expect(searches).toContainEqual(
    expect.objectContaining({
      service: 'payment',
      operation: 'payment',
      tags: { error: 'true' },
      startUs: nowMs * 1_000 - 3_600_000_000,
    }),
  );
});

test('a backend that is down is named, and the others tell what they can', async () => {
  const { clients } = createBackends();
  const down = async () => {
    throw new BackendError('jaeger', 'it cannot be reached');
  };
  const jaeger = { ...clients.jaeger, trace: down, traces: down };
  const evidence = await gatherEvidence({ ...clients, jaeger }, ids.number, { nowMs });
  expect(evidence.unavailable).toEqual([{ backend: 'jaeger', message: 'it cannot be reached' }]);
  expect(evidence.lines.length).toBe(2);
  expect(evidence.traces).toEqual([]);
});

test('what is not found says as what it was looked for; what is no id was not looked for', async () => {
  const { clients } = createBackends([], []);
  const nothing = await gatherEvidence(clients, ids.request, { nowMs });
  expect(nothing).toMatchObject({
    subject: undefined,
    looked: [`request id ${ids.request}`, `order id ${ids.request}`],
  });
  expect((await gatherEvidence(clients, 'two words', { nowMs })).looked).toEqual([]);
});

test('a failure that is none of a backend’s is not hidden', async () => {
  const { clients } = createBackends();
  const trace = async () => {
    throw new TypeError('a bug');
  };
  const broken = { ...clients, jaeger: { ...clients.jaeger, trace } };
  await expect(gatherEvidence(broken, first.traceId, { nowMs })).rejects.toThrow('a bug');
});
