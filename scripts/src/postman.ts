import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PrivateShop, withPrivateShop } from './private-shop.js';
import { CommandError, root, runCommand } from './shop.js';

const newmanDirectory = join(root, 'e2e/newman');

/** Runs the generated Postman collection with newman against a shop of its own. */
const main = async (): Promise<void> => {
  // Installed where it stands, apart from the workspace; a second time this takes a second.
  await run('npm', ['ci', '--no-workspaces', '--ignore-scripts'], newmanDirectory);
  await withPrivateShop(['--single'], runCollection);
};

const runCollection = async ({ shop, dataDirectory }: PrivateShop): Promise<void> => {
  const { clientSecret } = JSON.parse(await readFile(join(dataDirectory, 'secrets/demo.json'), 'utf8'));
  const variables = { baseUrl: shop.addresses.gateway, ...shop.demoSecrets, clientSecret };
  await run(
    process.execPath,
    [
      join(newmanDirectory, 'node_modules/newman/bin/newman.js'),
      'run',
      join(root, 'docs/glasshouse.postman_collection.json'),
      '--bail',
      'failure',
      ...Object.entries(variables).flatMap(([key, value]) => ['--env-var', `${key}=${value}`]),
    ],
    root,
  );
};

const run = (command: string, args: readonly string[], cwd: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new CommandError(`${command} ${args[0] ?? ''} ended with code ${code}.`)),
    );
  });

runCommand(main);
