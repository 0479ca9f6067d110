import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema as consoleSchema } from '@glasshouse/console';
import { configSchema as customerSchema } from '@glasshouse/customer';
import { configSchema as gatewaySchema } from '@glasshouse/gateway';
import { serviceNames } from '@glasshouse/launcher/plan';
import { configSchema as oauthSchema } from '@glasshouse/oauth';
import { configSchema as orderSchema } from '@glasshouse/order';
import { configSchema as paymentSchema } from '@glasshouse/payment';
import { configSchema as productSchema } from '@glasshouse/product';
import { parseConfig } from '@glasshouse/service-kit';
import { dashboardFiles } from './dashboards/files.js';
import { root } from './shop.js';
import { type ComposeFile, checkCompose, parseCompose, readPins, toMemory } from './stack/compose-rules.js';
import { checkBySchema, type Schema } from './stack/custom-resource.js';
import { checkDockerfile } from './stack/dockerfile.js';
import { checkDashboards, checkDocuments } from './stack/documents.js';
import { checkKubernetes, type Resource } from './stack/kubernetes-rules.js';
import { checkWithNode } from './stack/own-checks.js';
import { checkFilebeat, checkFluentd, checkLogstash } from './stack/pipelines.js';
import { ensureStackSecrets } from './stack/secrets.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const compose = parseCompose(read('docker-compose.yml'));
const pins = new Set(readPins(read('.env')).keys());

const schemas = {
  gateway: gatewaySchema,
  oauth: oauthSchema,
  customer: customerSchema,
  product: productSchema,
  order: orderSchema,
  payment: paymentSchema,
  console: consoleSchema,
};

test('what is checked in keeps every rule that Node alone can check', async () => {
  const outcomes = await checkWithNode(root);
  expect(outcomes.flatMap(({ problems }) => problems)).toEqual([]);
});

test.each(Object.entries(schemas))('%s starts with the environment that docker compose gives it', (name, schema) => {
  const { environment = {} } = compose.services[name] ?? {};
  const logins = { DEMO_ADMIN_PASSWORD: 'a'.repeat(20), DEMO_CUSTOMER_PASSWORD: 'b'.repeat(20) };
  const fromFile = name === 'oauth' ? { ...logins, DEMO_CLIENT_SECRET: 'c'.repeat(32) } : {};
  expect(() => parseConfig(schema, { ...environment, ...fromFile })).not.toThrow();
  const unknown = Object.keys(environment).filter((variable) => !(variable in schema.shape));
  expect(unknown).toEqual([]);
});

test('what Grafana and Kibana are given is what npm run dashboards makes', () => {
  const stale = dashboardFiles.filter(([path, text]) => read(path) !== text).map(([path]) => path);
  expect(stale).toEqual([]);
});

test('every process of the plan is a service of docker compose', () => {
  expect(serviceNames.filter((name) => compose.services[name] === undefined)).toEqual([]);
});

test('the memory that docs/compose.md tells is the memory that the limits add up to', () => {
  const page = read('docs/compose.md');
  for (const profile of ['core', 'logs', 'traces', 'metrics', 'all', 'beats', 'cluster', 'traces-elasticsearch']) {
    const row = new RegExp(`^\\| \`${profile}\`.*\\| ([\\d,]+) MiB \\|$`, 'm').exec(page)?.[1];
    expect([profile, Number(row?.replace(',', ''))]).toEqual([profile, toMemory(compose, profile)]);
  }
});

test('the versions that DESIGN.md tells are those of .env', () => {
  const page = read('DESIGN.md');
  const untold = [...readPins(read('.env'))].filter(
    ([name, version]) => name.endsWith('_VERSION') && !page.includes(version.replace(/^v/, '')),
  );
  expect(untold).toEqual([]);
});

const change = (name: string, service: object, rest: Partial<ComposeFile> = {}): string[] =>
  checkCompose(
    { ...compose, ...rest, services: { ...compose.services, [name]: { ...compose.services[name], ...service } } },
    pins,
  );

test.each([
  ['no memory limit', 'order', { mem_limit: '' }, 'order has no memory limit in m'],
  [
    'a port for everybody',
    'gateway',
    { ports: ['8080:8080'] },
    'gateway publishes 8080:8080 beyond the loopback address',
  ],
  [
    'a database that is published',
    'mongodb',
    { ports: ['127.0.0.1:27017:27017'] },
    'mongodb is published, but is neither a door nor a page',
  ],
  ['capabilities', 'payment', { cap_drop: [] }, 'payment keeps capabilities'],
  ['a writable root', 'product', { read_only: false }, 'product may write to its root'],
  ['root', 'jaeger', { user: '0:0' }, 'jaeger runs as root'],
  ['another user', 'order', { user: '1000:1000' }, 'order is a process of ours, but not user 65534'],
  ['a log driver', 'order', { logging: { driver: 'fluentd' } }, 'order has a log driver, or logs without a bound'],
  [
    'a start that waits for Fluentd',
    'order',
    { links: ['fluentd'] },
    'order waits for Fluentd; logs must not hold up a start',
  ],
  [
    'a need outside of its profile',
    'order',
    { links: ['kibana'] },
    'order needs kibana, which is not in all of its profiles',
  ],
  [
    'a version of its own',
    'jaeger',
    { image: 'jaegertracing/jaeger:latest' },
    'jaeger has an image (jaegertracing/jaeger:latest) whose version is not in .env',
  ],
  ['no health check', 'prometheus', { healthcheck: undefined }, 'prometheus has no health check'],
  ['too much memory', 'kibana', { mem_limit: '2048m' }, 'the default takes 5448 MiB'],
])('a service with %s is refused', (_name, service, changed, problem) => {
  expect(change(service, changed)).toContain(problem);
});

test('a network that leads outside is refused, but for edge', () => {
  expect(change('order', {}, { networks: { ...compose.networks, data: null } })).toEqual([
    'the network data leads outside',
  ]);
});

test.each([
  [
    'FROM node:latest\nUSER 1\nHEALTHCHECK CMD ["a"]',
    'line 1: FROM node:latest is not pinned; name a version, by an ARG from .env',
  ],
  ['FROM node:24.1\nHEALTHCHECK CMD ["a"]', 'the last USER is no number above 0'],
  ['FROM node:24.1\nUSER root\nHEALTHCHECK CMD ["a"]', 'the last USER is no number above 0'],
  ['FROM node:24.1\nUSER 1', 'the image has no HEALTHCHECK'],
  ['FROM node:24.1\nADD a b', 'line 2: ADD fetches and unpacks; use COPY'],
  ['FROM node:24.1\nCOPY . .', 'the image copies from the machine; copy from a stage'],
  ['FROM node:24.1\nENV NPM_TOKEN=x', 'line 2: a secret in an ARG or ENV stays in the image'],
  ['FROM node:24.1\nRUN a \\\n  && npm install', 'line 2: npm install takes what is newest; use npm ci'],
  ['FROM node:24.1\nCMD node main.js', 'line 2: a shell would get the signals; use the JSON form'],
])('the Dockerfile %j is refused', (text, problem) => {
  expect(checkDockerfile(text)).toContain(problem);
});

test('a pipeline that is not closed, or would write something else, is refused', () => {
  const [fluentd, logstash] = [read('infra/fluentd/fluent.conf'), read('infra/logstash/pipeline.conf')];
  expect(checkFluentd(fluentd.replace('</buffer>', ''))).toContain('<match> is never closed');
  expect(checkFluentd(fluentd.replace('@type forward', ''))).toEqual(['<source> without @type', 'no @type forward']);
  expect(checkFluentd(fluentd.replace('write_operation create', ''))).toEqual(['no write_operation create']);
  expect(checkLogstash(logstash.replace('source => "message"\n  }', 'source => "message"'))).toEqual([
    '{ and } do not match',
  ]);
  expect(checkFilebeat("filebeat.inputs: [{ include_lines: ['^<'] }]")).toEqual([
    'an input without an id sends everything twice',
    '^< does not match our lines',
    'no output.logstash',
  ]);
});

test('documents that cannot be read and dashboards that collide are refused', () => {
  expect(checkDocuments([{ path: 'a.ndjson', text: '{}\n{' }])).toHaveLength(1);
  expect(checkDocuments([{ path: 'a.yml', text: 'a: [' }])).toHaveLength(1);
  const dashboard = { path: 'a.json', text: '{"uid":"a","title":"A","panels":[{"id":1},{"id":1}]}' };
  expect(checkDashboards([dashboard, dashboard])).toEqual([
    'two dashboards with the uid a',
    'two dashboards with the title A',
    'a.json: two panels with the id 1',
    'a.json: two panels with the id 1',
  ]);
});

test('a resource is held against its definition, and a field that it does not know is an error', () => {
  const schema: Schema = {
    type: 'object',
    required: ['size'],
    properties: {
      size: { type: 'integer' },
      mode: { enum: ['a', 'b'] },
      limit: { 'x-kubernetes-int-or-string': true },
      labels: { additionalProperties: { type: 'string' } },
      list: { type: 'array', items: { type: 'object', properties: { name: { type: 'string', pattern: '^[a-z]+$' } } } },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  const fine = { size: 3, mode: 'a', limit: '1Gi', labels: { x: 'y' }, list: [{ name: 'a' }], free: { any: 1 } };
  expect(checkBySchema(fine, schema)).toEqual([]);
  const wrong = { mode: 'c', limit: [], labels: { x: 1 }, list: [{ name: 'A', nmae: 'a' }], sise: 3 };
  expect(checkBySchema(wrong, schema)).toEqual([
    'size is missing',
    'mode is none of a, b',
    'limit is neither a number nor a text',
    'labels.x is no string',
    'list[0].name does not match ^[a-z]+$',
    'list[0].nmae is no field of it',
    'sise is no field of it',
  ]);
});

test('a Deployment without restrictions, probes and neighbours is refused', () => {
  const metadata = { name: 'order', namespace: 'glasshouse' };
  const spec = { template: { spec: { containers: [{ image: 'glasshouse/order' }] } } };
  const resource: Resource = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
  const problems = checkKubernetes([resource], ['order']);
  expect(problems).toEqual(
    expect.arrayContaining([
      'order has no NetworkPolicy',
      'order has no PodDisruptionBudget',
      'order may run as root',
      'order may write to its root',
      'order has no readinessProbe at its admin port',
      'order has an image without a version: glasshouse/order',
      'nothing is denied by default',
    ]),
  );
});

test('secrets are made once, for their owner alone to find and for containers to read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'glasshouse-secrets-'));
  try {
    const { directory, files } = await ensureStackSecrets(folder, ['order', 'oauth']);
    const texts = files.map((file) => readFileSync(join(directory, file), 'utf8'));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(files.map((file) => statSync(join(directory, file)).mode & 0o777)).toEqual(files.map(() => 0o644));
    expect(JSON.parse(texts[0] ?? '')).toMatchObject({ self: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const mounted = Object.values(compose.secrets).map(({ file }) => file.split('/').at(-1));
    expect((await ensureStackSecrets(folder, serviceNames)).files).toEqual(expect.arrayContaining(mounted));
    expect(files.map((file) => readFileSync(join(directory, file), 'utf8')).slice(2)).toEqual(texts.slice(2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
