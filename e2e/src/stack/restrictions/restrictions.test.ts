import { readFile } from 'node:fs/promises';
import { runCommand } from '../../command.js';
import { createEvidence } from '../../evidence.js';
import { describeWith } from '../tool.js';
import { type Container, inContainer } from './restrictions.js';
import { processes, type RestrictedShop, readImage, startRestrictedShop } from './shop.js';

/** Only root of a Linux can become nobody and make places for it; elsewhere this is skipped, even where tools are required. */
const describeAsRoot: typeof describeWith = (names, words, tests) => {
  if (process.platform === 'linux' && process.getuid?.() === 0) return describeWith(names, words, tests);
  test.skip(`${words} (only root of a Linux can set them)`, () => undefined);
};

/** Tries to make a folder in each of these places, and prints what came of it. */
const probe = `
const { mkdirSync, rmdirSync } = require('node:fs');
const attempt = (folder) => {
  try {
    mkdirSync(folder + '/probe');
    rmdirSync(folder + '/probe');
    return 'written';
  } catch (error) {
    return error.code;
  }
};
const folders = ['/', '/usr/lib', '/run/secrets', '/glasshouse', '/glasshouse/node_modules', process.cwd(), '/tmp'];
process.stdout.write(JSON.stringify(Object.fromEntries(folders.map((folder) => [folder, attempt(folder)]))));
`;

const run = ([command = '', ...args]: readonly string[]) => runCommand(command, args);

const whereItWrites = async (container: Container): Promise<Record<string, string>> =>
  JSON.parse((await run(inContainer(container, ['node', '-e', probe]))).stdout);

describeAsRoot(['bwrap'], 'the seven processes under the restrictions of their containers', () => {
  let restricted: RestrictedShop;

  beforeAll(async () => {
    restricted = await startRestrictedShop();
  });
  afterAll(() => restricted?.stop());

  test.each(processes)('%s is nobody, may nothing more, and can write nowhere but to /tmp', async (name) => {
    const pid = await restricted.pid(name);
    expect(await readFile(`/proc/${pid}/comm`, 'utf8')).toBe('node\n');
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const read = (field: string): string => new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    expect(['Uid', 'Gid'].map(read)).toEqual(['65534', '65534'].map((id) => [id, id, id, id].join('\t')));
    expect(['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((set) => Number(read(set)))).toEqual([0, 0, 0, 0, 0]);
    expect(read('NoNewPrivs')).toBe('1');

    const mounts = (await readFile(`/proc/${pid}/mountinfo`, 'utf8')).trim().split('\n');
    const writable = mounts.flatMap((line) => {
      const [, , , , place = '', options = ''] = line.split(' ');
      return options.split(',').includes('rw') && !/^\/(proc|dev)(\/|$)/.test(place) ? [place] : [];
    });
    expect(writable).toEqual(['/tmp']);
    expect(await whereItWrites(restricted.container(name))).toEqual({
      '/': 'EROFS',
      '/usr/lib': 'EROFS',
      '/run/secrets': 'EROFS',
      '/glasshouse': 'EROFS',
      '/glasshouse/node_modules': 'EROFS',
      [`/glasshouse/${restricted.container(name).service.build?.args?.WORKSPACE}`]: 'EROFS',
      '/tmp': 'written',
    });
  });

  test('a root that is not read-only would be found out', async () => {
    const { service, ...container } = restricted.container('order');
    const found = await whereItWrites({ ...container, service: { ...service, read_only: false } });
    expect(Object.values(found)).not.toContain('EROFS');
  });

  test.each(processes)('the health check of the image finds %s well, and nobody where nobody is', async (name) => {
    const container = restricted.container(name);
    const check = await readImage('HEALTHCHECK');
    expect(await run(inContainer(container, check))).toMatchObject({ code: 0, output: '' });
    const elsewhere = { ...container, environment: { ...container.environment, ADMIN_PORT: '1' } };
    expect((await run(inContainer(elsewhere, check))).code).toBe(1);
  });

  test('a purchase passes, with its invoice, its trace, its log lines and its page', async () => {
    const { shop } = restricted;
    const { token } = await shop.newCustomer();
    const wish = { lines: [{ sku: 'TEA-001', quantity: 2 }], paymentMethod: 'card_ok' };
    const { status, body, traceId } = await shop.order(token, wish);
    expect([status, body.state]).toEqual([201, 'CONFIRMED']);

    const { gateway, console: page } = shop.addresses();
    const invoice = await fetch(`${gateway}${new URL(body.links.invoice).pathname}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([invoice.status, invoice.headers.get('content-type')]).toEqual([200, 'application/pdf']);
    expect(
      Buffer.from(await invoice.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');

    const { spans, logs } = await createEvidence(shop.addresses).wholeTrace(traceId);
    expect([...new Set(spans.map(({ service }) => service))].sort()).toEqual([
      'customer',
      'gateway',
      'order',
      'payment',
      'product',
    ]);
    expect(logs.map((line) => line['event.action'])).toContain('order.placed');
    const answer = await fetch(`${page}/traces/${traceId}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  });
});
