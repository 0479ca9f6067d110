import { charts, searches } from '../dashboards/kibana-contents.js';
import type { StackAddresses } from './addresses.js';
import { type Check, eventually, fail } from './check.js';
import { ask, askJson } from './http.js';
import type { Purchase } from './purchase.js';

interface DataView {
  readonly data_view: {
    readonly title: string;
    readonly fieldFormats?: Readonly<Record<string, { readonly params?: { readonly urlTemplate?: string } }>>;
  };
}

interface SavedObjects {
  readonly saved_objects: readonly { readonly id: string; readonly error?: { readonly message: string } }[];
}

interface EsqlAnswer {
  readonly values: readonly (readonly number[])[];
}

// Kibana wants every request that is not from its own page to say so.
const headers = { 'kbn-xsrf': 'verify-stack' };

export const kibanaChecks = ({ kibana, jaeger }: StackAddresses, { traceId, orderNo }: Purchase): Check[] => {
  if (kibana === undefined) return [];
  const objects = [
    ...searches.map(({ id }) => ({ type: 'search', id })),
    ...charts.map(({ id }) => ({ type: 'lens', id })),
    { type: 'dashboard', id: 'glasshouse-logs' },
  ];
  /** Elasticsearch's own API through Kibana's console; KQL is asked by ES|QL, which has a function for it. */
  const count = async (kql: string): Promise<number> => {
    const query = `FROM glasshouse-logs-* | WHERE KQL(${JSON.stringify(kql)}) | STATS COUNT(*)`;
    const url = `${kibana}/api/console/proxy?path=${encodeURIComponent('/_query')}&method=POST`;
    return (await askJson<EsqlAnswer>(url, { body: { query }, headers })).values[0]?.[0] ?? 0;
  };
  return [
    {
      tool: 'Kibana',
      what: 'has the saved searches, the charts and the dashboard',
      run: async () => {
        const { saved_objects: found } = await askJson<SavedObjects>(`${kibana}/api/saved_objects/_bulk_get`, {
          body: objects,
          headers,
        });
        const missing = found.filter(({ error }) => error !== undefined).map(({ id }) => id);
        return missing.length === 0 ? `${found.length} objects` : fail(`missing: ${missing.join(', ')}`);
      },
    },
    {
      tool: 'Kibana',
      what: 'links trace.id to its trace in Jaeger',
      run: async () => {
        const { data_view } = await askJson<DataView>(`${kibana}/api/data_views/data_view/glasshouse-logs`, {
          headers,
        });
        const template = data_view.fieldFormats?.['trace.id']?.params?.urlTemplate;
        if (template === undefined) return fail('the data view has no format for trace.id');
        const url = template.replace('{{value}}', traceId);
        if (jaeger !== undefined) await ask(url);
        return url;
      },
    },
    {
      tool: 'Kibana',
      what: "finds the order's story",
      run: () =>
        eventually('lines of the order', async () => {
          const lines = await count(`glasshouse.order.number : "${orderNo}"`);
          return lines > 0 ? `${lines} lines` : undefined;
        }),
    },
    ...searches.map(({ title, query }) => ({
      tool: 'Kibana',
      what: `runs the search "${title}"`,
      run: async () => `${await count(query)} lines`,
    })),
  ];
};
