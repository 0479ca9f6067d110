import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type KitOverrides, parseConfig, type Service } from '@glasshouse/service-kit';
import type { LogRecord, SpanRecord } from '@glasshouse/telemetry';
import type { Issuer } from './issuer.js';
import { parseMetrics } from './metrics.js';

/** Every caller that a route may name; each gets a secret of its own in the keys file of the service under test. */
const callers = ['gateway', 'oauth', 'customer', 'product', 'order', 'payment', 'operator'];

export interface TestServiceOptions<C> {
  name: string;
  create: (config: C, overrides: KitOverrides) => Service;
  // biome-ignore format: the schema's shape belongs to zod; only its output type matters here
  schema: Parameters<typeof parseConfig>[0] & { _output: C };
  env: Record<string, string>;
  issuer?: Issuer | undefined;
  clock?: Clock | undefined;
}

export interface TestService {
  /** Base URLs of the three ports. */
  readonly app: string;
  readonly internal: string;
  readonly admin: string;
  readonly logs: LogRecord[];
  readonly spans: SpanRecord[];
  /** Sum of the samples of one metric whose labels include the given ones; 0 if there are none. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
  /** The whole scrape in OpenMetrics form, with exemplars. */
  scrape(): Promise<string>;
  /** The value of `x-service-key` with which that caller proves itself. */
  serviceKey(caller: string): string;
  /** Log records of one event.action. */
  facts(action: string): LogRecord[];
  stop(): Promise<void>;
}

/** Starts a service on free ports with captured telemetry; its collaborators are as real as its configuration says. */
export const startService = async <C>(options: TestServiceOptions<C>): Promise<TestService> => {
  const directory = await mkdtemp(join(tmpdir(), 'glasshouse-service-'));
  const secrets = new Map(callers.map((caller) => [caller, randomBytes(24).toString('hex')]));
  const keysFile = join(directory, 'keys.json');
  await writeFile(keysFile, JSON.stringify(toKeysFile(secrets, options.name)));
  const logs: LogRecord[] = [];
  const spans: SpanRecord[] = [];
  const config = parseConfig(options.schema, {
    HOST: '127.0.0.1',
    PORT: '0',
    INTERNAL_PORT: '0',
    ADMIN_PORT: '0',
    LOG_LEVEL: 'debug',
    TRACER: 'none',
    FLUENTD_URL: '',
    SERVICE_KEYS_FILE: keysFile,
    OAUTH_ISSUER: options.issuer?.issuer ?? 'http://127.0.0.1:9',
    JWKS_URL: options.issuer?.jwksUrl ?? 'http://127.0.0.1:9/jwks.json',
    ...options.env,
  }) as C;
  const service = options.create(config, {
    stdout: false,
    drainDelayMs: 0,
    capture: { log: (record) => void logs.push(record), span: (span) => void spans.push(span) },
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const ports = await service.start();
  const admin = `http://127.0.0.1:${ports.admin}`;
  const scrape = async (): Promise<string> => {
    const response = await fetch(`${admin}/metrics`, { headers: { accept: 'application/openmetrics-text' } });
    return response.text();
  };
  return {
    app: `http://127.0.0.1:${ports.app}`,
    internal: `http://127.0.0.1:${ports.internal ?? 0}`,
    admin,
    logs,
    spans,
    scrape,
    async metric(name, labels = {}) {
      const wanted = Object.entries(labels);
      return parseMetrics(await scrape())
        .filter((sample) => sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value))
        .reduce((sum, sample) => sum + sample.value, 0);
    },
    serviceKey: (caller) => `${caller}.${secrets.get(caller) ?? ''}`,
    facts: (action) => logs.filter((record) => record['event.action'] === action),
    async stop() {
      await service.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const toKeysFile = (secrets: ReadonlyMap<string, string>, self: string): unknown => ({
  self: secrets.get(self) ?? '',
  callers: Object.fromEntries(
    [...secrets].map(([caller, secret]) => [caller, [createHash('sha256').update(secret).digest('hex')]]),
  ),
});
