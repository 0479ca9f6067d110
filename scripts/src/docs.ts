import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildDocuments } from './docs/build.js';
import { root, runCommand } from './shop.js';

const help = `npm run docs -- [--check]

Writes what is generated from the services' routes: the OpenAPI document that the gateway serves, docs/api.md and the
Postman collection; and from docs/errors.md the page of errors that the gateway serves.

  --check   writes nothing; exit code 1 if a file is out of date
`;

const main = async (): Promise<void> => {
  if (process.argv.includes('--help')) return void process.stdout.write(help);
  const isCheck = process.argv.includes('--check');
  for (const [path, text] of Object.entries(buildDocuments())) {
    const current = await readFile(join(root, path), 'utf8').catch(() => '');
    if (current === text) continue;
    process.stdout.write(`${path} ${isCheck ? 'is out of date; run: npm run docs' : 'written'}\n`);
    if (isCheck) process.exitCode = 1;
    else await writeOne(join(root, path), text);
  }
};

const writeOne = async (file: string, text: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
};

runCommand(main);
