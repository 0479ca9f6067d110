import type { StackAddresses } from './addresses.js';
import { type Check, eventually, fail } from './check.js';
import { askJson, askText } from './http.js';
import type { Purchase } from './purchase.js';

/** The console asks its backends for the page; each of them by one question of its own. */
export const consoleChecks = ({ console: base, ...tools }: StackAddresses, { traceId }: Purchase): Check[] => {
  if (base === undefined) return [];
  const passesOn = (backend: string, question: () => Promise<string>): Check => ({
    tool: 'Console',
    what: `asks ${backend}`,
    run: question,
  });
  return [
    {
      tool: 'Console',
      what: 'opens',
      run: async () =>
        /<script/.test(await askText(`${base}/`)) ? base : fail('its page has no script; was it built?'),
    },
    ...(tools.jaeger === undefined
      ? []
      : [
          passesOn('Jaeger', () =>
            eventually('trace', async () => {
              const { data } = await askJson<{ data: { spans: object[] }[] }>(`${base}/api/jaeger/traces/${traceId}`);
              return `${data[0]?.spans.length} spans`;
            }),
          ),
        ]),
    ...(tools.elasticsearch === undefined
      ? []
      : [
          passesOn('Elasticsearch', () =>
            eventually('log lines', async () => {
              const url = `${base}/api/elasticsearch/glasshouse-logs-*/_count`;
              const { count } = await askJson<{ count: number }>(url, {
                body: { query: { term: { 'trace.id': traceId } } },
              });
              return count > 0 ? `${count} lines` : undefined;
            }),
          ),
        ]),
    ...(tools.prometheus === undefined
      ? []
      : [
          passesOn('Prometheus', async () => {
            const { data } = await askJson<{ data: { result: object[] } }>(`${base}/api/prometheus/query?query=up`);
            return data.result.length > 0 ? `${data.result.length} targets` : fail('it knows no target');
          }),
        ]),
  ];
};
