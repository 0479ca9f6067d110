import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transform } from '@swc/core';
import express from 'express';
import request from 'supertest';
import { addFailpointRoutes as addNone } from './failpoint.js';
import { addFailpointRoutes, createFailpoints, failpoint } from './failpoint.test-build.js';
import { waitFor } from './testing/wait-for.js';

const actionsAt = (text: string, points: readonly string[]): string[] => {
  const actions: string[] = [];
  const failpoints = createFailpoints(text, (action) => actions.push(action));
  for (const point of points) failpoints.reach(point);
  return actions;
};

test('a failpoint acts the first time its point is reached, and only then', () => {
  const actions = actionsAt('db.before orders.insert=kill', ['db.after orders.insert', 'db.before orders.insert']);
  expect(actions).toEqual(['kill']);
  expect(actionsAt('db.before orders.insert=kill', Array(3).fill('db.before orders.insert'))).toEqual(['kill']);
});

test('#n waits for the n-th time', () => {
  const point = 'client.after PUT product /internal/skus/:sku/holds/:orderId';
  expect(actionsAt(`${point}#3=hang`, [point, point])).toEqual([]);
  expect(actionsAt(`${point}#3=hang`, [point, point, point])).toEqual(['hang']);
});

test('several failpoints are separated by semicolons', () => {
  expect(actionsAt('a b=hang; c d#2=kill', ['a b', 'c d', 'c d'])).toEqual(['hang', 'kill']);
});

test.each(['db.before orders.insert', 'x=die', 'x#0=kill', '=kill'])('%p is refused', (text) => {
  expect(() => createFailpoints(text, () => {})).toThrow('FAILPOINT');
});

test('what is armed can be replaced while the process runs, and what was reached is counted from then on', () => {
  const actions: string[] = [];
  const failpoints = createFailpoints('a b=kill', (action) => actions.push(action));
  failpoints.arm('c d#2=hang');
  for (const point of ['a b', 'c d', 'c d']) failpoints.reach(point);
  expect(actions).toEqual(['hang']);
  expect(failpoints.reached()).toEqual({ 'a b': 1, 'c d': 2 });
  failpoints.arm('');
  expect(failpoints.reached()).toEqual({});
});

describe('on the admin port', () => {
  test('a test build has a path that arms them and tells what was reached', async () => {
    const app = express();
    addFailpointRoutes(app);
    expect((await request(app).put('/failpoints').type('text').send('never reached#3=kill')).status).toBe(204);
    failpoint('a b');
    expect((await request(app).get('/failpoints')).body).toEqual({ 'a b': 1 });
    expect((await request(app).put('/failpoints').type('text').send('a b=explode')).status).toBe(400);
  });

  test('the build that users run has none', async () => {
    const app = express();
    addNone(app);
    expect((await request(app).put('/failpoints').type('text').send('a b=kill')).status).toBe(404);
    expect((await request(app).get('/failpoints')).status).toBe(404);
  });
});

describe('in a process of its own', () => {
  let directory: string;
  let file: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'failpoint-'));
    file = join(directory, 'reach.cjs');
    const source = await readFile(join(__dirname, 'failpoint.test-build.ts'), 'utf8');
    const { code } = await transform(source, {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs' },
    });
    await writeFile(file, `${code}\nexports.failpoint('here'); process.stdout.write('went on');`);
  });

  afterAll(() => rm(directory, { recursive: true }));

  const run = (failpoints: string) => {
    const child = spawn(process.execPath, [file], {
      env: { FAILPOINT: failpoints },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(child, 'exit');
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    return { child, exited, output: () => output };
  };

  test('kill ends it at the point', async () => {
    const { exited, output } = run('here=kill');
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(output()).toBe('');
  });

  // Only Linux tells the state of a process in a file.
  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('hang stops it at the point until it is continued', async () => {
    const { child, exited, output } = run('here=hang');
    const isStopped = async () => / T /.test(await readFile(`/proc/${child.pid}/stat`, 'utf8'));
    await waitFor('the process to stop', isStopped);
    expect(output()).toBe('');
    child.kill('SIGCONT');
    expect(await exited).toEqual([0, null]);
    expect(output()).toBe('went on');
  });

  test('without failpoints it goes on', async () => {
    const { exited, output } = run('');
    expect(await exited).toEqual([0, null]);
    expect(output()).toBe('went on');
  });
});
