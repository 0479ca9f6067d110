import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSealing, loadSealing } from './sealing.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glasshouse-sealing-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('what is sealed can be opened with the same key, and not once it was changed or with another key', () => {
  const sealing = createSealing(randomBytes(32));
  const sealed = sealing.seal(Buffer.from('a private key'));
  expect(sealing.open(sealed).toString()).toBe('a private key');
  expect(sealed).not.toContain(Buffer.from('a private key').toString('base64'));
  const changed = Buffer.from(sealed, 'base64');
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  expect(() => sealing.open(changed.toString('base64'))).toThrow();
  expect(() => createSealing(randomBytes(32)).open(sealed)).toThrow();
  expect(() => sealing.open('')).toThrow();
});

test('replicas that start together make one file, which only its owner can read', async () => {
  const file = join(folder, 'together.json');
  const sealings = await Promise.all(Array.from({ length: 5 }, () => loadSealing(file)));
  const sealed = sealings[0]?.seal(Buffer.from('same')) ?? '';
  expect(sealings.map((sealing) => sealing.open(sealed).toString())).toEqual(Array(5).fill('same'));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).filter((name) => name.startsWith('together'))).toEqual(['together.json']);
});

test('a file that is something else is refused by name and left as it is', async () => {
  const file = join(folder, 'damaged.json');
  for (const content of ['', '{', '{"sealingKey":"short"}', '{"sealingKey":1}']) {
    await writeFile(file, content);
    await expect(loadSealing(file)).rejects.toThrow(file);
    expect(await readFile(file, 'utf8')).toBe(content);
  }
});
