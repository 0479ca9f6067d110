import type { Shop } from '../shop.js';

/** Where the parts of a stack are; those that are not there are undefined, and nothing is asked of them. */
export interface StackAddresses {
  readonly gateway: string;
  readonly console?: string | undefined;
  readonly jaeger?: string | undefined;
  /** What stands before `/glasshouse-logs-*`. */
  readonly elasticsearch?: string | undefined;
  readonly kibana?: string | undefined;
  readonly zipkin?: string | undefined;
  readonly prometheus?: string | undefined;
  readonly alertmanager?: string | undefined;
  readonly grafana?: string | undefined;
}

/** What docker-compose.yml publishes. Elasticsearch it does not; the console passes searches on. */
export const composeAddresses = {
  gateway: 'http://localhost:8080',
  console: 'http://localhost:8090',
  jaeger: 'http://localhost:16686',
  elasticsearch: 'http://localhost:8090/api/elasticsearch',
  kibana: 'http://localhost:5601',
  zipkin: 'http://localhost:9411',
  prometheus: 'http://localhost:9090',
  alertmanager: 'http://localhost:9093',
  grafana: 'http://localhost:3000',
} as const satisfies Record<keyof StackAddresses, string>;

export const toolNames = Object.keys(composeAddresses) as (keyof StackAddresses)[];

/** Of a shop that runs with Node alone: its backend stands for three of the tools. */
export const toEmbeddedAddresses = ({ addresses }: Shop): StackAddresses => ({
  gateway: addresses.gateway,
  console: addresses.console,
  jaeger: addresses.jaeger,
  elasticsearch: addresses.elasticsearch,
  prometheus: addresses.prometheus,
});
