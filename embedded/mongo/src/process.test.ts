import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDocumentStore, DamagedDataError } from './index.js';
import { ensureBuilt, startProcess } from './testing/process.js';
import { connect } from './testing/store.js';

let parent: string;
beforeAll(async () => {
  ensureBuilt();
  parent = await mkdtemp(join(tmpdir(), 'glasshouse-mongo-process-'));
}, 60_000);
afterAll(() => rm(parent, { recursive: true, force: true }));

const fill = async (directory: string): Promise<void> => {
  const store = createDocumentStore({ directory, port: 0, isDurable: false });
  const { port } = await store.start();
  const client = await connect(`mongodb://127.0.0.1:${port}`);
  const things = client.db('a').collection<{ _id: number; text: string }>('b');
  await things.createIndex({ text: 1 });
  await things.insertMany(Array.from({ length: 2000 }, (_, _id) => ({ _id, text: `text ${_id} ${'x'.repeat(200)}` })));
  await client.close();
  await store.stop();
};

test('the process says when it is ready, serves, and ends cleanly on SIGTERM', async () => {
  const directory = join(parent, 'plain');
  const first = await startProcess(directory);
  const client = await connect(`mongodb://127.0.0.1:${first.port}`);
  await client.db('a').collection<{ _id: number }>('b').insertOne({ _id: 1 });
  expect(await first.end('SIGTERM')).toBe(0);
  await client.close();
  const second = await startProcess(directory);
  const again = await connect(`mongodb://127.0.0.1:${second.port}`);
  expect(await again.db('a').collection('b').countDocuments()).toBe(1);
  await again.close();
  expect(await second.end('SIGINT')).toBe(0);
}, 60_000);

test('a second process on the same folder is turned away', async () => {
  const directory = join(parent, 'shared');
  const first = await startProcess(directory);
  await expect(startProcess(directory)).rejects.toThrow(`${directory} is used by another process`);
  await first.end('SIGKILL');
  const second = await startProcess(directory);
  expect(await second.end('SIGTERM')).toBe(0);
}, 60_000);

test('a taken port is named', async () => {
  const holder = createServer();
  const port = await new Promise<number>((resolve) => {
    holder.listen(0, '127.0.0.1', () => resolve((holder.address() as { port: number }).port));
  });
  const store = createDocumentStore({ directory: join(parent, 'port'), port });
  await expect(store.start()).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
  holder.close();
});

const damages: [string, (file: string) => Promise<void>][] = [
  ['that is not a store', (file) => writeFile(file, 'not a database'.repeat(1000))],
  ['of zeros', (file) => writeFile(file, Buffer.alloc(40_960))],
  ['cut in half', async (file) => truncate(file, Math.floor((await readFile(file)).length / 2))],
  [
    'with its pages overwritten',
    async (file) => {
      const bytes = await readFile(file);
      await writeFile(file, bytes.fill(0xa5, 8192));
    },
  ],
  [
    'with its pages zeroed',
    async (file) => {
      const bytes = await readFile(file);
      await writeFile(file, bytes.fill(0, 8192));
    },
  ],
];

test.each(damages)(
  'a data file %s is told with the folder and --fresh, and kept aside by it',
  async (name, damage) => {
    const directory = join(parent, name.replaceAll(' ', '-'));
    await mkdir(directory);
    await fill(directory);
    await damage(join(directory, 'data.mdb'));
    await expect(startProcess(directory)).rejects.toThrow(`The data folder ${directory} is damaged`);
    await expect(startProcess(directory)).rejects.toThrow('--fresh');
    const store = await startProcess(directory, '--fresh');
    expect(await store.end('SIGTERM')).toBe(0);
    expect(store.stderr()).toContain(`${directory}.damaged-`);
    expect(
      (await readdir(parent)).filter((entry) => entry.startsWith(`${name.replaceAll(' ', '-')}.damaged-`)),
    ).toHaveLength(1);
  },
  60_000,
);

test('within one process the error is a DamagedDataError, or the folder is set aside when that is wanted', async () => {
  const directory = join(parent, 'inside');
  await mkdir(directory);
  await writeFile(join(directory, 'data.mdb'), 'no database at all');
  await expect(createDocumentStore({ directory, port: 0 }).start()).rejects.toBeInstanceOf(DamagedDataError);
  const store = createDocumentStore({ directory, port: 0, setAside: true });
  await store.start();
  await store.stop();
});
