import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CommandError, findShop, root, runCommand } from './shop.js';

const help = `npm run keys -- rotate [options]

Rotates the keys that sign access tokens, on the running shop (npm start): next becomes current, current becomes
previous, and a new next is made. Tokens signed before stay valid, so no request is lost.

  --force       rotates again although the last rotation is so recent that a valid token would lose its key
  --data DIR    the data folder of the shop (default: .data)
  --help        this text
`;

interface Rotation {
  readonly current: { readonly kid: string };
  readonly next: { readonly kid: string };
}

interface Refusal {
  readonly code: string;
  readonly detail: string;
}

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { force: { type: 'boolean', default: false }, data: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true || positionals.length === 0) return void process.stdout.write(help);
  if (positionals[0] !== 'rotate') throw new CommandError(`There is no key command ${positionals[0]}.\n\n${help}`);
  const shop = findShop(values.data);
  const { self } = JSON.parse(
    readFileSync(join(resolve(values.data ?? join(root, '.data')), 'secrets/operator.keys.json'), 'utf8'),
  );
  const response = await fetch(`${shop.addresses.internal.oauth}/internal/keys/rotate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-service-key': `operator.${self}` },
    body: JSON.stringify({ force: values.force }),
  });
  const answer = (await response.json()) as Rotation & Refusal;
  if (!response.ok) throw new CommandError(`The rotation was refused: ${answer.code} ${answer.detail}`);
  process.stdout.write(`Rotated. current ${answer.current.kid}, next ${answer.next.kid}\n`);
};

runCommand(main);
