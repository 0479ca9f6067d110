import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureSecrets } from '@glasshouse/launcher/secrets';

export interface StackSecrets {
  /** Below the folder that was given; nobody but its owner can open it. */
  readonly directory: string;
  /** The files that containers read, by their names in the folder. */
  readonly files: readonly string[];
}

/**
 * The secrets of a stack of containers as files: what `npm start` makes for its processes, the key that seals the
 * signing keys, which oauth would otherwise have to make in a folder that it may not write, the demo logins as a file
 * for `node --env-file`, and passwords for databases that want one. What is there stays as it is.
 *
 * The files are readable by all, since the user inside a container is nobody's owner; the folder is not.
 */
export const ensureStackSecrets = async (folder: string, services: readonly string[]): Promise<StackSecrets> => {
  const demo = await ensureSecrets(folder, services);
  const directory = join(folder, 'secrets');
  await makeOnce(join(directory, 'signing-keys.json'), () =>
    JSON.stringify({ sealingKey: randomBytes(32).toString('hex') }),
  );
  // One per database; the services that have none leave theirs unused.
  await makeOnce(join(directory, 'mongodb-passwords.env'), () =>
    services.map((service) => `${service}=${randomBytes(24).toString('hex')}`).join('\n'),
  );
  await writeFile(
    join(directory, 'demo-logins.env'),
    `DEMO_ADMIN_PASSWORD=${demo.adminPassword}\nDEMO_CUSTOMER_PASSWORD=${demo.customerPassword}\nDEMO_CLIENT_SECRET=${demo.clientSecret}\n`,
  );
  const files = [...services.map((service) => `${service}.keys.json`), 'signing-keys.json', 'demo-logins.env'];
  for (const file of files) await chmod(join(directory, file), 0o644);
  return { directory, files };
};

const makeOnce = async (file: string, make: () => string): Promise<void> => {
  try {
    await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await writeFile(file, `${make()}\n`, { flag: 'wx' });
  }
};
