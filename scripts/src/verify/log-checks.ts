import type { LogLine } from '@glasshouse/console/analysis/log-line';
import { createElasticsearchClient, oldestFirst, type Query } from '@glasshouse/console/queries/elasticsearch';
import type { StackAddresses } from './addresses.js';
import { type Check, eventually, fail } from './check.js';
import type { Purchase } from './purchase.js';
import { findTrace } from './trace-checks.js';

/** The lines that a query finds, once there are some. */
const findLines = (elasticsearch: string, what: string, query: Query): Promise<readonly LogLine[]> =>
  eventually(`log lines of ${what}`, async () => {
    const { lines } = await createElasticsearchClient(elasticsearch).search({ size: 200, query, sort: oldestFirst });
    return lines.length > 0 ? lines : undefined;
  });

export const logChecks = (addresses: StackAddresses, purchase: Purchase): Check[] => {
  const { elasticsearch, jaeger } = addresses;
  if (elasticsearch === undefined) return [];
  const { traceId, requestId, orderNo } = purchase;
  const find = (what: string, field: string, value: string) =>
    findLines(elasticsearch, what, { term: { [field]: value } });
  return [
    {
      tool: 'Elasticsearch',
      what: "has the trace's log lines, up to the order being placed",
      run: async () => {
        const lines = await eventually('order.placed among the lines', async () => {
          const found = await find('the trace', 'trace.id', traceId);
          return found.some(({ fact }) => fact === 'order.placed') ? found : undefined;
        });
        return `${lines.length} lines of ${new Set(lines.map(({ service }) => service)).size} services`;
      },
    },
    {
      tool: 'Elasticsearch',
      what: "tells the order's story by its number",
      run: async () => `${(await find(orderNo, 'glasshouse.order.number', orderNo)).length} lines`,
    },
    {
      tool: 'Elasticsearch',
      what: 'has no record twice',
      run: async () => {
        const lines = await find('the request', 'request.id', requestId);
        const ids = new Set(lines.map(({ fields }) => fields['event.id']));
        return ids.size === lines.length ? `${ids.size} ids` : fail(`${lines.length} lines with ${ids.size} ids`);
      },
    },
    ...(jaeger === undefined
      ? []
      : [
          {
            tool: 'Elasticsearch',
            what: "leads from a log line to its trace by the line's trace.id",
            run: async () => {
              const [line] = await find(orderNo, 'glasshouse.order.number', orderNo);
              const trace = await findTrace(jaeger, line?.traceId ?? fail('the line has no trace.id'));
              return `"${line?.message}" is of a trace with ${trace.spans.length} spans`;
            },
          },
        ]),
  ];
};
