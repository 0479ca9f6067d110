import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { serviceNames } from '@glasshouse/launcher/plan';
import { CommandError, root, runCommand } from './shop.js';
import { ensureStackSecrets } from './stack/secrets.js';

const help = `npm run stack:secrets -- [options]

Makes the secrets of a stack of containers on the first run, and keeps them on every later one.

  --kubernetes NAME   for infra/kubernetes/overlays/NAME (default: for docker compose, in .data/compose)
  --help              this text
`;

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { kubernetes: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help === true) return void process.stdout.write(help);
  const folder =
    values.kubernetes === undefined ? '.data/compose' : join('infra/kubernetes/overlays', values.kubernetes);
  if (values.kubernetes !== undefined && !existsSync(join(root, folder)))
    throw new CommandError(`There is no folder ${folder}.`);
  const { directory, files } = await ensureStackSecrets(join(root, folder), serviceNames);
  process.stdout.write(`${relative(root, directory)}: ${files.length} files. Not for git, not for anybody else.\n`);
};

runCommand(main);
