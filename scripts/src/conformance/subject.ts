import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, createShop } from '../shop.js';
import { once } from './check.js';
import { type Backends, createEvidence, type Evidence } from './evidence.js';
import { type Answered, ask, type CallerSpan, newCallerSpan } from './exchange.js';
import { type Profile, profiles, type ServiceName } from './profiles.js';

export interface Addresses {
  readonly url: string;
  readonly admin: string;
  /** The gateway has no such door. */
  readonly internal: string | undefined;
}

export interface SubjectOptions extends Addresses, Backends {
  readonly service: ServiceName;
  /** Where users log in. */
  readonly gateway: string;
  /** The folder of the shop's secrets. */
  readonly secrets: string;
  /** Its process, if it may be ended. */
  readonly pid: number | undefined;
  /** Whether it is the one that the shop's Prometheus asks. */
  readonly isScraped: boolean;
}

/** The service that is checked, and what the checks need to speak to it. */
export interface Subject extends Addresses {
  readonly service: ServiceName;
  readonly profile: Profile;
  readonly evidence: Evidence;
  readonly pid: number | undefined;
  readonly isScraped: boolean;
  /** GET of the profile's sample route. */
  sample(headers?: Readonly<Record<string, string | readonly string[]>>): Promise<Answered>;
  /** The same within a trace of this command's own. */
  tracedSample(flags?: '00' | '01'): Promise<{ answer: Answered; caller: CallerSpan }>;
  /** The value of x-service-key by which a service proves itself. */
  keyOf(service: string): string;
  /** Access tokens of the demo's two users. */
  adminToken(): Promise<string>;
  customerToken(): Promise<string>;
}

export const createSubject = (options: SubjectOptions): Subject => {
  const { service, url, admin, internal, gateway, secrets, pid, isScraped } = options;
  const profile: Profile = profiles[service];
  const keys = readSecret<Record<string, string>>(secrets, 'service-keys.json');
  const demo = readSecret<{ adminPassword: string; customerPassword: string }>(secrets, 'demo.json');
  const shop = createShop({ gateway });
  const sample: Subject['sample'] = (headers = {}) => ask({ door: url, path: profile.sample.path, headers });
  return {
    service,
    profile,
    url,
    admin,
    internal,
    pid,
    isScraped,
    evidence: createEvidence(service, options),
    sample,
    async tracedSample(flags) {
      const caller = newCallerSpan(flags);
      return { answer: await sample({ traceparent: caller.traceparent }), caller };
    },
    keyOf: (name) => `${name}.${keys[name]}`,
    adminToken: once(() => shop.login('admin@glasshouse.test', demo.adminPassword)),
    customerToken: once(() => shop.login('ada@glasshouse.test', demo.customerPassword)),
  };
};

const readSecret = <T>(folder: string, name: string): T => {
  const file = join(folder, name);
  if (!existsSync(file)) {
    throw new CommandError(
      `${file} is not there. Name the folder of the secrets that the service was started with: --secrets DIR\n` +
        '(npm start makes .data/secrets; npm run stack:secrets makes .data/compose/secrets).',
    );
  }
  return JSON.parse(readFileSync(file, 'utf8')) as T;
};

/** Asks the admin port for something other than its pages. @throws Error unless it agrees */
export const changeAdmin = async (
  { admin }: Addresses,
  method: 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<void> => {
  const answer = await ask({ door: admin, method, path, body });
  if (answer.status >= 300)
    throw new Error(`${method} ${path} on the admin port answered ${answer.status} ${answer.text.slice(0, 160)}`);
};

/** Runs something while a fault is switched on for the sample route. */
export const withFault = async <T>(subject: Subject, fault: object, run: () => Promise<T>): Promise<T> => {
  await changeAdmin(subject, 'PUT', '/faults', [{ route: `GET ${subject.profile.sample.route}`, ...fault }]);
  try {
    return await run();
  } finally {
    await changeAdmin(subject, 'DELETE', '/faults');
  }
};
