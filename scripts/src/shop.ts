import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readRunFile } from '@glasshouse/launcher/run-file';

export const root = join(__dirname, '../..');

/** Said to the person at the terminal as it is, without a stack. */
export class CommandError extends Error {}

/** Runs a command; an expected error is one line on stderr and exit code 1. */
export const runCommand = (main: () => Promise<void>): void => {
  main().catch((error: unknown) => {
    const text = error instanceof CommandError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  });
};

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** 32 hex digits from the answer's traceresponse header (W3C Trace Context 2). */
  readonly traceId: string;
  readonly headers: Headers;
}

export interface Shop {
  readonly addresses: NonNullable<ReturnType<typeof readRunFile>>['addresses'];
  readonly demoSecrets: { readonly customerPassword: string; readonly adminPassword: string };
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Registers a customer nobody has been before and logs in. @returns the access token */
  newCustomer(): Promise<string>;
  /** A new customer who has not logged in yet. */
  register(): Promise<{ readonly email: string; readonly password: string }>;
  login(email: string, password: string): Promise<string>;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** The shop that `npm start` runs on this data folder. Throws a CommandError that says how to start one. */
export const findShop = (folder: string | undefined): Shop => {
  const dataDirectory = resolve(folder ?? join(root, '.data'));
  const run = readRunFile(dataDirectory);
  if (run === undefined) {
    throw new CommandError(
      `No shop runs on ${dataDirectory}. Start one in another terminal with: npm start\n` +
        'If it runs on a folder of its own, name that folder here too: --data DIR',
    );
  }
  const demoSecrets = JSON.parse(readFileSync(join(dataDirectory, 'secrets', 'demo.json'), 'utf8'));
  return { addresses: run.addresses, demoSecrets, ...createShop(run.addresses) };
};

/** Speaks to a gateway as its customers do. */
export const createShop = ({
  gateway,
}: {
  readonly gateway: string;
}): Pick<Shop, 'call' | 'login' | 'newCustomer' | 'register'> => {
  const call: Shop['call'] = async (method, path, { token, body, headers = {}, timeoutMs = 10_000 } = {}) => {
    const response = await fetch(`${gateway}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const traceId = response.headers.get('traceresponse')?.split('-')[1] ?? '';
    return {
      status: response.status,
      body: text === '' ? undefined : parseJson(text),
      traceId,
      headers: response.headers,
    };
  };
  const register: Shop['register'] = async () => {
    const email = `visitor-${randomUUID()}@glasshouse.test`;
    const password = randomBytes(12).toString('base64url');
    const answer = await call('POST', '/api/customers', { body: { email, password, name: 'A Visitor' } });
    if (answer.status !== 201) throw new CommandError(`The registration was refused: ${toProblem(answer)}`);
    return { email, password };
  };
  const login = async (email: string, password: string): Promise<string> => {
    const answer = await call('POST', '/users/api/login', { body: { email, password } });
    if (answer.status !== 200) throw new CommandError(`The login was refused: ${toProblem(answer)}`);
    return (answer.body as { accessToken: string }).accessToken;
  };
  return {
    call,
    login,
    newCustomer: async () => {
      const { email, password } = await register();
      return login(email, password);
    },
    register,
  };
};
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** One line about a refused request, with the trace that explains it. */
export const toProblem = ({ status, body, traceId }: Answer): string => {
  const { code = 'no code', detail = '' } = (body ?? {}) as { code?: string; detail?: string };
  return `${status} ${code} ${detail} (trace ${traceId})`;
};
