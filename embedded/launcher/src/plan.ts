import { join } from 'node:path';
import type { Program } from './program.js';
import type { DemoSecrets } from './secrets.js';

/** One process of the shop: what to run, what it listens on, and how to tell that it is ready. */
export interface Part {
  readonly name: string;
  /** Folder of the workspace below the root; its dist/main.js is what runs. */
  readonly folder: string;
  readonly args: readonly string[];
  readonly nodeArgs?: readonly string[];
  /** What runs instead, in whatever language. */
  readonly program?: Program;
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
  /** An HTTP address that answers 200 once the part is ready; parts without one are ready when their first port accepts. */
  readonly readyUrl?: string;
}

export interface Plan {
  /** Started first and stopped last, so that the services' last log lines and spans still arrive. */
  readonly standIns: readonly Part[];
  readonly services: readonly Part[];
  /** What the telemetry backend alerts of, and whom. */
  readonly rules: AlertRules;
  readonly addresses: Addresses;
}

export interface AlertRules {
  /** Of rule files for Prometheus. */
  readonly folder: string;
  /** Divides every duration in them. */
  readonly timeScale: number;
  /** Each is told of alerts, in the form of Alertmanager's webhook. */
  readonly webhooks: readonly string[];
}

export interface Addresses {
  readonly gateway: string;
  readonly console: string;
  readonly jaeger: string;
  readonly elasticsearch: string;
  readonly prometheus: string;
  /** Base address of each service's admin port. */
  readonly admin: Readonly<Record<string, string>>;
  /** Base address of each service's internal port; the gateway has none. */
  readonly internal: Readonly<Record<string, string>>;
}

export const basePorts = {
  mongo: 27017,
  fluentd: 24224,
  jaegerCollector: 14268,
  zipkin: 9411,
  jaegerQuery: 16686,
  prometheus: 9090,
  elasticsearch: 9200,
} as const;

/** The backend is full of what stays; room for what does not stay beside it would only be more memory. Megabytes. */
const backendNodeArgs = ['--max-semi-space-size=4'];

interface ServicePlan {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  readonly hasInternal: boolean;
  /** Downstreams by name; the port says which of their doors this service may use. */
  readonly uses: Readonly<Record<string, number>>;
}

/**
 * V8 would let each service's short-lived objects gather in 16 MB before it looks; on a laptop, beside an editor and a
 * browser, seven services had better look more often. Megabytes.
 */
const serviceNodeArgs = ['--max-semi-space-size=2'];

const servicePlans: readonly ServicePlan[] = [
  { name: 'oauth', folder: 'services/oauth', port: 8081, hasInternal: true, uses: {} },
  { name: 'customer', folder: 'services/customer', port: 8082, hasInternal: true, uses: { oauth: 8181 } },
  { name: 'product', folder: 'services/product', port: 8083, hasInternal: true, uses: { order: 8184 } },
  {
    name: 'order',
    folder: 'services/order',
    port: 8084,
    hasInternal: true,
    uses: { customer: 8182, product: 8183, payment: 8185 },
  },
  { name: 'payment', folder: 'services/payment', port: 8085, hasInternal: true, uses: {} },
  {
    name: 'gateway',
    folder: 'gateway',
    port: 8080,
    hasInternal: false,
    uses: { oauth: 8081, customer: 8082, product: 8083, order: 8084, payment: 8085 },
  },
  { name: 'console', folder: 'console', port: 8090, hasInternal: false, uses: { gateway: 8080 } },
];

export const serviceNames = servicePlans.map((service) => service.name);

/** Every port of the plan with the part that wants it, before the offset. */
export const wantedPorts: readonly { readonly port: number; readonly part: string }[] = [
  ...Object.entries(basePorts).map(([part, port]) => ({ port, part: `the stand-in for ${part}` })),
  ...servicePlans.flatMap(({ name, port, hasInternal }) => [
    { port, part: `${name} (app)` },
    ...(hasInternal ? [{ port: port + 100, part: `${name} (internal)` }] : []),
    { port: port + 200, part: `${name} (admin)` },
  ]),
];

export interface PlanOptions {
  readonly offset: number;
  readonly dataDirectory: string;
  readonly secrets: DemoSecrets;
  /** The console is told of alerts, too; it need not be named. */
  readonly rules: AlertRules;
  /** The environment of the launcher: SERVICE__NAME sets NAME for that service alone. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What runs in place of services of ours, by their names. */
  readonly replacements: Readonly<Record<string, Program>>;
}

/** Who runs where, with which addresses. The services are the same everywhere; only these addresses differ. */
export const createPlan = (options: PlanOptions): Plan => {
  const { offset, dataDirectory, secrets, rules: wanted, environment, replacements } = options;
  const local = (port: number, scheme = 'http'): string => `${scheme}://127.0.0.1:${port + offset}`;
  const publicUrl = `http://localhost:${8080 + offset}`;
  const base = {
    HOST: '127.0.0.1',
    PUBLIC_URL: publicUrl,
    FLUENTD_URL: local(basePorts.fluentd, 'tcp'),
    JAEGER_ENDPOINT: `${local(basePorts.jaegerCollector)}/api/traces`,
    OAUTH_ISSUER: publicUrl,
    JWKS_URL: `${local(8081)}/.well-known/jwks.json`,
    DEMO_MODE: 'true',
  };
  const queryUrls = {
    JAEGER_QUERY_URL: local(basePorts.jaegerQuery),
    ELASTICSEARCH_URL: local(basePorts.elasticsearch),
    PROMETHEUS_URL: local(basePorts.prometheus),
  };
  const toPart = ({ name, folder, port, hasInternal, uses }: ServicePlan): Part => ({
    name,
    folder,
    args: [],
    nodeArgs: serviceNodeArgs,
    ...(replacements[name] === undefined ? {} : { program: replacements[name] }),
    ports: [port, ...(hasInternal ? [port + 100] : []), port + 200].map((each) => each + offset),
    readyUrl: `${local(port + 200)}/health/ready`,
    env: {
      ...base,
      PORT: String(port + offset),
      INTERNAL_PORT: String(port + 100 + offset),
      ADMIN_PORT: String(port + 200 + offset),
      SERVICE_KEYS_FILE: join(dataDirectory, 'secrets', `${name}.keys.json`),
      MONGO_URL: `${local(basePorts.mongo, 'mongodb')}/${name}`,
      ...Object.fromEntries(Object.entries(uses).map(([peer, at]) => [`${peer.toUpperCase()}_URL`, local(at)])),
      ...(name === 'oauth' ? toOauthSecrets(secrets, dataDirectory) : {}),
      ...(name === 'console' ? queryUrls : {}),
      ...overridesOf(name, environment),
    },
  });
  const targets = servicePlans.map(({ name, port }) => `${name}=${local(port + 200)}/metrics`).join(',');
  const rules = { ...wanted, webhooks: [`${local(8090)}/api/alerts`, ...wanted.webhooks] };
  return {
    standIns: [
      {
        name: 'document store',
        folder: 'embedded/mongo',
        args: ['--port', String(basePorts.mongo + offset), '--directory', join(dataDirectory, 'store')],
        env: {},
        ports: [basePorts.mongo + offset],
      },
      {
        name: 'telemetry backend',
        folder: 'embedded/telemetry',
        nodeArgs: backendNodeArgs,
        args: ['--ports-offset', String(offset), '--targets', targets, ...toRuleArguments(rules)],
        env: {},
        ports: Object.values(basePorts)
          .filter((port) => port !== basePorts.mongo)
          .map((port) => port + offset),
        readyUrl: `${local(basePorts.jaegerQuery)}/api/services`,
      },
    ],
    services: servicePlans.map(toPart),
    rules,
    addresses: {
      gateway: publicUrl,
      console: `http://localhost:${8090 + offset}`,
      jaeger: local(basePorts.jaegerQuery),
      elasticsearch: local(basePorts.elasticsearch),
      prometheus: local(basePorts.prometheus),
      admin: Object.fromEntries(servicePlans.map(({ name, port }) => [name, local(port + 200)])),
      internal: Object.fromEntries(
        servicePlans.flatMap(({ name, port, hasInternal }) => (hasInternal ? [[name, local(port + 100)]] : [])),
      ),
    },
  };
};

const toRuleArguments = ({ folder, timeScale, webhooks }: AlertRules): string[] => [
  '--rules',
  folder,
  '--time-scale',
  String(timeScale),
  '--webhooks',
  webhooks.join(','),
];

const toOauthSecrets = (secrets: DemoSecrets, dataDirectory: string): Record<string, string> => ({
  DEMO_ADMIN_PASSWORD: secrets.adminPassword,
  DEMO_CUSTOMER_PASSWORD: secrets.customerPassword,
  DEMO_CLIENT_SECRET: secrets.clientSecret,
  SIGNING_KEYS_FILE: join(dataDirectory, 'secrets', 'signing-keys.json'),
});

const overridesOf = (name: string, environment: PlanOptions['environment']): Record<string, string> => {
  const prefix = `${name.toUpperCase()}__`;
  return Object.fromEntries(
    Object.entries(environment).flatMap(([key, value]) =>
      key.startsWith(prefix) && value !== undefined ? [[key.slice(prefix.length), value]] : [],
    ),
  );
};
