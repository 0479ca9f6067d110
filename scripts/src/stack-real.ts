import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { CommandError, root, runCommand } from './shop.js';
import { cacheFolder, installTools } from './stack/tools.js';

const help = `npm run stack:real -- [--install-only] [jest's options]

Runs the unchanged services against the real tools: Hazelcast, Jaeger, Zipkin, Prometheus, Alertmanager, Elasticsearch,
a MongoDB-protocol server, an OpenTelemetry collector. What package registries have is installed first, into
$GLASSHOUSE_CACHE or ~/.cache/glasshouse; the first time takes a long while. Needs Go, Java 17, Maven and Python 3, and
Debian's prometheus, prometheus-alertmanager and prometheus-node-exporter. The tests are in e2e/src/stack.

  --install-only   installs, and runs nothing
  --help           this text; everything else goes to jest, for instance: npm run stack:real -- hazelcast

A test whose tool is missing is skipped and says so; with REQUIRE_STACK_TOOLS=1 it fails.
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const main = async (): Promise<void> => {
  const [...given] = process.argv.slice(2);
  if (given.includes('--help')) return say(help);
  const cache = cacheFolder(process.env);
  await installTools(cache, process.env.PATH ?? '', say);
  if (given.includes('--install-only')) return;
  const jest = [join(root, 'node_modules/jest/bin/jest.js'), '--config', join(root, 'e2e/jest.stack.config.cjs')];
  const child = spawn(process.execPath, [...jest, ...given], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, GLASSHOUSE_CACHE: cache },
  });
  // Ctrl-C reaches the whole group; jest ends its tests, and this waits for it.
  process.on('SIGINT', () => undefined);
  const code = await new Promise<number>((resolve) => child.once('close', (end) => resolve(end ?? 1)));
  if (code !== 0) throw new CommandError('Something differs from the real thing; see above.');
};

runCommand(main);
