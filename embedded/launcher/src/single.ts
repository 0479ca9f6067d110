import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import * as consolePage from '@glasshouse/console';
import * as customer from '@glasshouse/customer';
import { createDocumentStore } from '@glasshouse/embedded-mongo';
import { createTelemetryBackend } from '@glasshouse/embedded-telemetry';
import * as gateway from '@glasshouse/gateway';
import * as oauth from '@glasshouse/oauth';
import * as order from '@glasshouse/order';
import * as payment from '@glasshouse/payment';
import * as product from '@glasshouse/product';
import { parseConfig, type Service } from '@glasshouse/service-kit';
import { basePorts, type Part, type Plan } from './plan.js';
import { waitUntilReady } from './readiness.js';
import type { Screen } from './screen.js';

type Env = Readonly<Record<string, string>>;
type Create = (env: Env, stdout: NodeJS.WritableStream) => Service;

/** Each service reads the very environment that its process would get, so that the two modes cannot drift apart. */
const factories: Readonly<Record<string, Create>> = {
  oauth: (env, stdout) => oauth.createService(parseConfig(oauth.configSchema, env), { stdout }),
  customer: (env, stdout) => customer.createService(parseConfig(customer.configSchema, env), { stdout }),
  product: (env, stdout) => product.createService(parseConfig(product.configSchema, env), { stdout }),
  order: (env, stdout) => order.createService(parseConfig(order.configSchema, env), { stdout }),
  payment: (env, stdout) => payment.createService(parseConfig(payment.configSchema, env), { stdout }),
  gateway: (env, stdout) => gateway.createService(parseConfig(gateway.configSchema, env), { stdout }),
  console: (env, stdout) => consolePage.createService(parseConfig(consolePage.configSchema, env), { stdout }),
};

export interface SingleOptions {
  readonly plan: Plan;
  readonly offset: number;
  readonly dataDirectory: string;
  readonly logDirectory: string;
  readonly screen: Screen;
}

/** Runs the whole plan in this process. Nothing is restarted here: a crash ends everything, as it would any process. */
export const createSingle = ({ plan, offset, dataDirectory, logDirectory, screen }: SingleOptions) => {
  const log = createWriteStream(join(logDirectory, 'services.log'), { flags: 'a' });
  const store = createDocumentStore({
    directory: join(dataDirectory, 'store'),
    port: basePorts.mongo + offset,
    log: (line) => void log.write(`${line}\n`),
  });
  const { mongo: _mongo, ...telemetryPorts } = basePorts;
  const backend = createTelemetryBackend({
    ports: Object.fromEntries(Object.entries(telemetryPorts).map(([name, port]) => [name, port + offset])) as {
      [Name in keyof typeof telemetryPorts]: number;
    },
    scrapeTargets: Object.entries(plan.addresses.admin).map(([service, url]) => ({ service, url: `${url}/metrics` })),
    rules: plan.rules,
  });
  const services = plan.services.map((part) => ({ part, service: createOne(part, log) }));
  let isStopping = false;
  /** Listening is not enough: until its seeds are stored, oauth would refuse the very logins that are printed. */
  const startOne = async (part: Part, service: Service): Promise<void> => {
    await service.start();
    await waitUntilReady(part, () => isStopping);
  };
  const timed = async (name: string, start: () => Promise<unknown>): Promise<void> => {
    const startedAt = Date.now();
    screen.update(name, 'starting');
    await start();
    screen.update(name, 'up', `${Date.now() - startedAt} ms`);
  };
  return {
    async start(): Promise<void> {
      await Promise.all([
        timed('document store', () => store.start()),
        timed('telemetry backend', () => backend.start()),
      ]);
      await Promise.all(services.map(({ part, service }) => timed(part.name, () => startOne(part, service))));
    },
    async stop(): Promise<void> {
      isStopping = true;
      await Promise.all(services.map(({ service }) => service.stop()));
      await backend.stop();
      await store.stop();
      await new Promise<void>((resolve) => log.end(resolve));
    },
  };
};

const createOne = (part: Part, stdout: NodeJS.WritableStream): Service => {
  const create = factories[part.name];
  if (create === undefined) throw new Error(`No factory is listed for ${part.name}; add it to single.ts.`);
  try {
    return create(part.env, stdout);
  } catch (error) {
    throw new Error(`${part.name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};
