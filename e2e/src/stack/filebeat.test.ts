import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { parse, stringify } from 'yaml';
import { root } from '../launcher.js';
import { startShop } from '../shop.js';
import { describeWith, startTool, toolPath } from './tool.js';

/** As Docker's log driver `json-file` writes what a container prints; longer lines come in pieces. */
const toDocker = (line: string, stream = 'stdout'): string =>
  (`${line}\n`.match(/.{1,16384}/gs) ?? [])
    .map((log) => `${JSON.stringify({ log, stream, time: '2026-01-30T18:00:00.123456789Z' })}\n`)
    .join('');

interface Config {
  readonly 'filebeat.inputs': readonly { readonly paths: readonly string[] }[];
}

describeWith(['filebeat'], "a real Filebeat with infra's configuration", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glasshouse-filebeat-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What the services have printed while somebody bought something. */
  const printed = async (): Promise<string[]> => {
    const shop = await startShop();
    try {
      const { token } = await shop.newCustomer();
      await shop.order(token, { lines: [{ sku: 'TEA-001', quantity: 1 }], paymentMethod: 'card_ok' });
      const logs = join(shop.dataDirectory, 'logs');
      const texts = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), 'utf8')));
      return texts.flatMap((text) => text.split('\n')).filter((line) => line.startsWith('{"@timestamp":'));
    } finally {
      await shop.stop();
    }
  };

  test('sends every record that a service prints as it was printed, and nothing else', async () => {
    const long = JSON.stringify({
      '@timestamp': '2026-01-30T18:00:00.000Z',
      'event.id': 'long',
      message: 'x'.repeat(40_000),
    });
    const records = [...(await printed()), long];
    expect(records.length).toBeGreaterThan(20);
    const container = join(folder, 'containers/0123456789ab');
    await mkdir(container, { recursive: true });
    const others = ['npm warn something', '{"level":"info","msg":"another tool"}', ''].map((line) => toDocker(line));
    const aside = toDocker('{"@timestamp":"2026-01-30T18:00:00.000Z","event.id":"on standard error"}', 'stderr');
    await writeFile(
      join(container, 'a-json.log'),
      [...others, ...records.map((line) => toDocker(line)), aside].join(''),
    );

    const { 'output.logstash': _, ...config } = parse(
      await readFile(join(root, 'infra/filebeat/filebeat.yml'), 'utf8'),
    ) as Config & Record<string, unknown>;
    const inputs = config['filebeat.inputs'].map((input) => ({
      ...input,
      paths: input.paths.map((path) => path.replace('/var/lib/docker', folder)),
    }));
    const file = join(folder, 'filebeat.yml');
    const output = { 'output.file': { path: join(folder, 'sent'), filename: 'sent' } };
    await writeFile(file, stringify({ ...config, 'filebeat.inputs': inputs, ...output }), { mode: 0o600 });

    const sent = async (): Promise<string[]> => {
      const names = await readdir(join(folder, 'sent')).catch(() => []);
      const texts = await Promise.all(names.map((name) => readFile(join(folder, 'sent', name), 'utf8')));
      return (
        texts
          .flatMap((text) => text.split('\n').slice(0, -1))
          // The end of the line is still there; Logstash reads JSON, to which that is nothing.
          .map((line) => (JSON.parse(line) as { message: string }).message.replace(/\n$/, ''))
      );
    };
    const filebeat = await startTool({
      name: 'Filebeat',
      command: toolPath('filebeat'),
      args: ['-e', '-c', file, '--path.home', folder, '--strict.perms=false'],
      isReady: async () => (await sent()).length > 0,
    });
    try {
      await waitFor('all of them', async () => (await sent()).length >= records.length, 30_000);
    } finally {
      await filebeat.stop();
    }
    expect((await sent()).sort()).toEqual(records.toSorted());
  });
});
