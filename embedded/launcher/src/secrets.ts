import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface DemoSecrets {
  readonly adminPassword: string;
  readonly customerPassword: string;
  readonly clientSecret: string;
}

/** The operator is who rotates keys by `npm run keys`; it is no service, but proves itself like one. */
const operator = 'operator';

/**
 * Makes the secrets on the first run and reads them on every later one: the demo logins, and one service key per
 * caller. A keys file holds its owner's own key and only digests of the others', so that one stolen file lets nobody
 * speak for another service.
 * @returns the demo logins; the keys files stand in `<dataDirectory>/secrets/<service>.keys.json`
 */
export const ensureSecrets = async (dataDirectory: string, services: readonly string[]): Promise<DemoSecrets> => {
  const directory = join(dataDirectory, 'secrets');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const demo = await readOrMake<DemoSecrets>(join(directory, 'demo.json'), () => ({
    adminPassword: toPassword(),
    customerPassword: toPassword(),
    clientSecret: randomBytes(24).toString('base64url'),
  }));
  const keys = await readOrMake<Record<string, string>>(join(directory, 'service-keys.json'), () => ({}));
  const callers = [...services, operator];
  for (const caller of callers) keys[caller] ??= randomBytes(32).toString('hex');
  await writeSecret(join(directory, 'service-keys.json'), keys);
  const digests = Object.fromEntries(callers.map((caller) => [caller, [toDigest(keys[caller] ?? '')]]));
  for (const caller of callers) {
    await writeSecret(join(directory, `${caller}.keys.json`), { self: keys[caller], callers: digests });
  }
  return demo;
};

const toDigest = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** 80 random bits in groups that a person can read out. */
const toPassword = (): string => (randomBytes(10).toString('hex').match(/.{5}/g) ?? []).join('-');

const readOrMake = async <T>(file: string, make: () => T): Promise<T> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new Error(`${file} cannot be read as JSON; delete it and start again to have new secrets made.`, {
        cause: error,
      });
    }
    const made = make();
    await writeSecret(file, made);
    return made;
  }
};

const writeSecret = (file: string, value: unknown): Promise<void> =>
  writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
