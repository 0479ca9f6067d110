import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startService, type TestService } from '@glasshouse/test-kit';
import { configSchema, createService } from '../main.js';
import { readStamp, toStamp, writeStamp } from './stamp.js';
import { writeBundle } from './write.js';

const root = resolve(__dirname, '../../..');
let folder: string;
let service: TestService;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glasshouse-console-'));
  const target = join(folder, 'web');
  await writeBundle({ web: join(root, 'console/src/web'), docs: join(root, 'docs'), target });
  service = await startService({
    name: 'console',
    create: (config: Parameters<typeof createService>[0], overrides) => createService(config, overrides, target),
    schema: configSchema,
    env: { SERVICE_KEYS_FILE: '' },
  });
});

afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

const assetsOf = (html: string): string[] =>
  [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');

test.each(['/', '/map', '/traces/4781ee61', '/traces/compare', '/logs', '/metrics', '/why/x', '/docs/runbooks/x'])(
  '%s is answered with the page, which runs nothing but its own script',
  async (path) => {
    const answer = await fetch(service.app + path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
  },
);

test('every file that the page names is there, and may be kept for ever', async () => {
  const html = await (await fetch(`${service.app}/`)).text();
  const assets = assetsOf(html);
  expect(assets.length).toBeGreaterThan(2);
  for (const asset of assets) {
    const answer = await fetch(service.app + asset);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toContain('immutable');
  }
  expect(html).not.toMatch(/<script(?! [^>]*src=)|<style|\sstyle=/);
});

test('a file goes out compressed to who takes it so, and not at all to who has it', async () => {
  const path = assetsOf(await (await fetch(`${service.app}/`)).text()).find((each) => each.endsWith('.css')) ?? '';
  const whole = await fetch(service.app + path, { headers: { 'accept-encoding': 'identity' } });
  const small = await fetch(service.app + path, { headers: { 'accept-encoding': 'br' } });
  expect(small.headers.get('content-encoding')).toBe('br');
  expect(Number(small.headers.get('content-length'))).toBeLessThan(Number(whole.headers.get('content-length')) / 2);
  expect(await small.text()).toBe(await whole.text());
  const etag = whole.headers.get('etag') ?? '';
  expect((await fetch(service.app + path, { headers: { 'if-none-match': etag } })).status).toBe(304);
});

test('the first page is small: less than 60 kB, compressed', () => {
  const web = join(folder, 'web');
  const html = readFileSync(join(web, 'index.html'), 'utf8');
  const sizes = ['/index.html', ...assetsOf(html)].map((path) => statSync(join(web, `${path}.br`)).size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60_000);
});

test('a document is there by its name, what is not there is a 404', async () => {
  const answer = await fetch(`${service.app}/api/docs/errors`);
  expect(await answer.json()).toMatchObject({
    title: 'Errors',
    html: expect.stringContaining('<tr id="out_of_stock">'),
  });
  expect((await fetch(`${service.app}/api/docs/nothing`)).status).toBe(404);
  expect((await fetch(`${service.app}/assets/nothing.js`)).status).toBe(404);
  expect((await fetch(`${service.app}/api/docs/..%2f..%2fpackage`)).status).toBe(404);
});

test('a stamp is the same until a file changes, comes or goes', () => {
  const sources = mkdtempSync(join(folder, 'sources-'));
  writeFileSync(join(sources, 'a'), '1');
  const first = toStamp([sources]);
  expect(toStamp([sources])).toBe(first);
  expect(readStamp(sources)).toBeUndefined();
  writeFileSync(join(sources, 'b'), '1');
  const second = toStamp([sources]);
  expect(second).not.toBe(first);
  writeStamp(sources, second);
  expect(existsSync(join(sources, 'build.stamp'))).toBe(true);
  expect(readStamp(sources)).toBe(second);
});
