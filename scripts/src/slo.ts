import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, root, runCommand } from './shop.js';
import { type Gateway, parsePromises } from './slo/promises.js';
import { toRuleFile } from './slo/rule-file.js';

const help = `npm run slo -- [--check]

Makes infra/prometheus/rules/slo.yml, the recording rules and burn-rate alerts of the SLOs, from infra/slo.yml.

  --check   writes nothing; exit code 1 if the file is out of date
`;

const source = 'infra/slo.yml';
const target = 'infra/prometheus/rules/slo.yml';

const main = async (): Promise<void> => {
  if (process.argv.includes('--help')) return void process.stdout.write(help);
  const isCheck = process.argv.includes('--check');
  const text = await make();
  const current = await readFile(join(root, target), 'utf8').catch(() => '');
  if (current === text) return;
  process.stdout.write(`${target} ${isCheck ? 'is out of date; run: npm run slo' : 'written'}\n`);
  if (isCheck) process.exitCode = 1;
  else await writeFile(join(root, target), text);
};

const make = async (): Promise<string> => {
  const [text, gateway] = await Promise.all([readFile(join(root, source), 'utf8'), readGateway()]);
  try {
    return toRuleFile(parsePromises(text, gateway));
  } catch (error) {
    throw new CommandError(`${source}:\n${error instanceof Error ? error.message : String(error)}`);
  }
};

/** What can be promised: the routes from the gateway's own document, the buckets from where they are defined. */
const readGateway = async (): Promise<Gateway> => {
  const document = JSON.parse(await readFile(join(root, 'gateway/openapi.json'), 'utf8')) as {
    paths: Record<string, object>;
  };
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  const file = 'packages/service-kit/src/http/http-metrics.ts';
  const list = /durationBuckets = \[([^\]]+)\]/.exec(await readFile(join(root, file), 'utf8'))?.[1];
  if (list === undefined)
    throw new CommandError(`${file} has no list durationBuckets any more; teach slo.ts its name.`);
  return { routes, buckets: list.split(',').map(Number) };
};

runCommand(main);
