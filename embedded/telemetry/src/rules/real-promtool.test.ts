import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(__dirname, '../../../../infra/prometheus');
const filesIn = (name: string): string[] => readdirSync(join(folder, name)).map((file) => join(folder, name, file));

const isThere = spawnSync('promtool', ['--version']).error === undefined;
const isRequired = process.env.REQUIRE_PROMETHEUS === '1';
const remedy = 'promtool is not on the PATH; on Debian: apt-get install prometheus';

/** What promtool says; its exit code must be 0. */
const run = (...args: string[]): void => {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8' });
  if (error !== undefined) throw new Error(remedy, { cause: error });
  expect(`${status}\n${status === 0 ? '' : stdout + stderr}`).toBe('0\n');
};

if (!isThere && !isRequired) process.stderr.write(`skipped: ${remedy}\n`);
const describeIfThere = isThere || isRequired ? describe : describe.skip;

describeIfThere('the real Prometheus', () => {
  test('takes our rule files', () => run('check', 'rules', ...filesIn('rules')));
  test.each(filesIn('tests'))('passes its tests in %s', (file) => run('test', 'rules', file), 120_000);
});
