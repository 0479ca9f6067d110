import {
  createFakeClock,
  type FakeAnswer,
  type FakeClock,
  type FakeService,
  type Issuer,
  startDocumentStore,
  startFakeService,
  startIssuer,
  startService,
  type TestService,
  waitFor,
} from '@glasshouse/test-kit';
import { configSchema, createService } from './main.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

interface Credential {
  id: string;
  email: string;
  password: string;
}

/** An oauth that keeps logins as the real one does, and can be told to do the work and then lose the answer. */
export interface FakeOAuth extends FakeService {
  /** By id; `undefined` for a tombstone. */
  readonly logins: Map<string, Credential | undefined>;
  /** Decides over every answer from now on, after the work was done (`after`) or instead of it (`before`). */
  fault: { when: 'before' | 'after'; answer: FakeAnswer } | undefined;
}

export interface Fixture {
  service: TestService;
  oauth: FakeOAuth;
  issuer: Issuer;
  clock: FakeClock;
  stop(): Promise<void>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  register(registration: object): Promise<Answer>;
}

interface CallOptions {
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  /** Default: the app's port. */
  readonly base?: string;
}

export const lost: FakeAnswer = { status: 0, close: true };

const startFakeOAuth = async (): Promise<FakeOAuth> => {
  const fake: FakeOAuth = Object.assign(await startFakeService(), { logins: new Map(), fault: undefined });
  const carryOut = (work: () => FakeAnswer): FakeAnswer => {
    if (fake.fault?.when === 'before') return fake.fault.answer;
    const answer = work();
    return fake.fault?.answer ?? answer;
  };
  const refuse = (code: string): FakeAnswer => ({ status: 409, body: { code } });
  fake.on('POST', '/internal/credentials', ({ body }) =>
    carryOut(() => {
      const credential = body as Credential;
      const standing = fake.logins.get(credential.id);
      if (fake.logins.has(credential.id) && standing === undefined) return refuse('credential_removed');
      const isSame = standing?.password === credential.password && standing.email === credential.email;
      if (standing !== undefined) return isSame ? { status: 200, body: {} } : refuse('credential_conflict');
      if ([...fake.logins.values()].some((each) => each?.email === credential.email)) return refuse('email_taken');
      fake.logins.set(credential.id, credential);
      return { status: 201, body: { id: credential.id } };
    }),
  );
  fake.on('GET', '/internal/credentials/:id', ({ params }) =>
    carryOut(() => ({ status: fake.logins.get(params.id ?? '') === undefined ? 404 : 200, body: {} })),
  );
  fake.on('DELETE', '/internal/credentials/:id', ({ params }) =>
    carryOut(() => {
      fake.logins.set(params.id ?? '', undefined);
      return { status: 204 };
    }),
  );
  return fake;
};

/** The real service on a real document store, with an oauth that the test commands and a clock that it advances. */
export const startFixture = async (): Promise<Fixture> => {
  const store = await startDocumentStore();
  const [issuer, oauth] = await Promise.all([startIssuer(), startFakeOAuth()]);
  const clock = createFakeClock(new Date());
  const service = await startService({
    name: 'customer',
    create: createService,
    schema: configSchema,
    env: {
      MONGO_URL: store.url('customer'),
      OAUTH_URL: oauth.url,
      PUBLIC_URL: 'http://shop.test',
      DEMO_MODE: 'true',
    },
    issuer,
    clock,
  });
  await waitFor('readiness', async () => (await fetch(`${service.admin}/health/ready`)).ok, 15_000);
  const call: Fixture['call'] = async (method, path, { body, token, headers, base = service.app } = {}) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  };
  return {
    service,
    oauth,
    issuer,
    clock,
    call,
    register: (body) => call('POST', '/api/customers', { body }),
    async stop() {
      await service.stop();
      await Promise.all([issuer.stop(), oauth.stop()]);
      await store.stop();
    },
  };
};
