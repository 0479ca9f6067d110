import type { Trace } from '@glasshouse/console/analysis/trace';
import { createJaegerClient } from '@glasshouse/console/queries/jaeger';
import type { StackAddresses } from './addresses.js';
import { type Check, eventually, fail } from './check.js';
import { askJson, askText } from './http.js';
import type { Purchase } from './purchase.js';

const servicesOfPurchase = ['customer', 'gateway', 'order', 'payment', 'product'];

/** The trace, once a span of every service that takes part has arrived. */
export const findTrace = (jaeger: string, traceId: string): Promise<Trace> =>
  eventually(`trace ${traceId} in Jaeger`, async () => {
    const trace = await createJaegerClient(`${jaeger}/api`).trace(traceId);
    const services = new Set(trace?.spans.map(({ service }) => service));
    return servicesOfPurchase.every((service) => services.has(service)) ? trace : undefined;
  });

export const traceChecks = ({ jaeger, zipkin, kibana }: StackAddresses, { traceId }: Purchase): Check[] => [
  ...(jaeger === undefined
    ? []
    : [
        {
          tool: 'Jaeger',
          what: "has the purchase's trace, with every service",
          run: async () => `${(await findTrace(jaeger, traceId)).spans.length} spans`,
        },
      ]),
  ...(jaeger === undefined || kibana === undefined
    ? []
    : [
        {
          tool: 'Jaeger',
          what: 'links a trace to its log lines in Kibana',
          run: async () => {
            const url = toTraceLinks(await askText(`${jaeger}/`)).find((one) => one.startsWith(kibana));
            return url === undefined
              ? fail('its page has no such link; see infra/jaeger/ui.json')
              : toQuery(url, traceId);
          },
        },
      ]),
  ...(zipkin === undefined
    ? []
    : [
        {
          tool: 'Zipkin',
          what: "has the same trace, by the services' second reporter",
          run: async () => {
            const spans = await eventually(`trace ${traceId} in Zipkin`, async () => {
              const found = await askJson<{ localEndpoint?: { serviceName?: string } }[]>(
                `${zipkin}/api/v2/trace/${traceId}`,
              );
              const services = new Set(found.map(({ localEndpoint }) => localEndpoint?.serviceName));
              return servicesOfPurchase.every((service) => services.has(service)) ? found : undefined;
            });
            return `${spans.length} spans`;
          },
        },
      ]),
];

/** Jaeger's page carries its configuration in a script. */
export const toTraceLinks = (page: string): string[] => {
  const config = /JAEGER_CONFIG\s*=\s*(\{.*?\});?\s*(?:\n|<\/script>)/s.exec(page)?.[1];
  if (config === undefined) return [];
  const { linkPatterns = [] } = JSON.parse(config) as { linkPatterns?: { type: string; url: string }[] };
  return linkPatterns.filter(({ type }) => type === 'traces').map(({ url }) => url);
};

const toQuery = (url: string, traceId: string): string => {
  const query = /query:'([^']*)'/.exec(url)?.[1]?.replaceAll('#{traceID}', traceId);
  return query === undefined ? fail(`the link asks for nothing: ${url}`) : query;
};
