import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFakeClock,
  type FakeClock,
  startDocumentStore,
  startService,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

export const secrets = {
  admin: 'the admin of this test',
  customer: 'the customer of this test',
  client: 'the client secret of this test',
};
export const ada = { email: 'ada@glasshouse.test', password: secrets.customer };
export const basic = `Basic ${Buffer.from(`demo-client:${encodeURIComponent(secrets.client)}`).toString('base64')}`;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface Fixture {
  service: TestService;
  clock: FakeClock;
  /** Stops the service and starts it again on the same store and the same key file. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  json(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  form(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
  internal(method: string, path: string, options?: { caller?: string; body?: unknown }): Promise<Answer>;
}

export const toAnswer = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
};

/** The real service on a real document store, in demo mode, by a clock that the test advances. */
export const startFixture = async (env: Record<string, string> = {}): Promise<Fixture> => {
  const folder = await mkdtemp(join(tmpdir(), 'glasshouse-oauth-'));
  const store = await startDocumentStore();
  // It begins now, since the store's own clock decides when documents expire.
  const clock = createFakeClock(new Date());
  const start = async (): Promise<TestService> => {
    const service = await startService({
      name: 'oauth',
      create: createService,
      schema: configSchema,
      env: {
        MONGO_URL: store.url('oauth'),
        SIGNING_KEYS_FILE: join(folder, 'signing-keys.json'),
        OAUTH_ISSUER: 'http://shop.test',
        PUBLIC_URL: 'http://shop.test',
        DEMO_MODE: 'true',
        DEMO_ADMIN_PASSWORD: secrets.admin,
        DEMO_CUSTOMER_PASSWORD: secrets.customer,
        DEMO_CLIENT_SECRET: secrets.client,
        ...env,
      },
      clock,
    });
    await waitFor('readiness', async () => (await fetch(`${service.admin}/health/ready`)).ok, 15_000);
    return service;
  };
  const send = async (url: string, init: RequestInit): Promise<Answer> => toAnswer(await fetch(url, init));
  const fixture: Fixture = {
    service: await start(),
    clock,
    async restart() {
      await fixture.service.stop();
      fixture.service = await start();
    },
    async stop() {
      await fixture.service.stop();
      await store.stop();
      await rm(folder, { recursive: true, force: true });
    },
    json: (path, body, headers = {}) =>
      send(`${fixture.service.app}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    form: (path, fields, headers = {}) =>
      send(`${fixture.service.app}${path}`, { method: 'POST', headers, body: new URLSearchParams(fields) }),
    get: (path) => send(`${fixture.service.app}${path}`, {}),
    internal: (method, path, { caller, body } = {}) =>
      send(`${fixture.service.internal}${path}`, {
        method,
        headers: {
          ...(caller === undefined ? {} : { 'x-service-key': fixture.service.serviceKey(caller) }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
  return fixture;
};
