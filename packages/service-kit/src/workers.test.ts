import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInContext } from '@glasshouse/telemetry';
import { transform } from '@swc/core';
import { type RecordedTelemetry, recordTelemetry } from './testing/recorded-telemetry.js';
import { waitFor } from './testing/wait-for.js';
import { createWorkerPool, type WorkerPoolOptions } from './workers.js';

const tasks = `
const { threadId } = require('node:worker_threads');
require('./worker-tasks.cjs').defineWorkerTasks({
  double: ({ n }) => n * 2,
  thread: () => threadId,
  environment: () => ({ ...process.env }),
  bytes: async () => Buffer.from('%PDF'),
  manyBytes: () => Buffer.alloc(100_000, 7),
  fail: () => { throw new RangeError('no such page'); },
  crash: () => process.exit(3),
  later: () => { setImmediate(() => { throw new Error('later'); }); return new Promise(() => {}); },
  forever: () => { for (;;); },
  wait: ({ flags }) => { const view = new Int32Array(flags); Atomics.store(view, 0, 1); Atomics.wait(view, 1, 0); return 'done'; },
});`;

let directory: string;
let file: string;
let recorded: RecordedTelemetry;
let pool: ReturnType<typeof createWorkerPool>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'workers-'));
  file = join(directory, 'tasks.cjs');
  // A thread runs plain JavaScript outside of jest, so the worker's half is compiled for it.
  const source = await readFile(join(__dirname, 'worker-tasks.ts'), 'utf8');
  const { code } = await transform(source, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  await writeFile(join(directory, 'worker-tasks.cjs'), code);
  await writeFile(file, tasks);
});

afterAll(() => rm(directory, { recursive: true }));

const create = (options: Partial<WorkerPoolOptions> = {}): void => {
  recorded = recordTelemetry();
  pool = createWorkerPool({ telemetry: recorded.telemetry, file, size: 1, maxQueue: 10, ...options });
};

beforeEach(() => create());
afterEach(() => pool.stop());

/** A task that runs until it is let go; `begun` resolves once its thread works on it. */
const occupy = () => {
  const flags = new SharedArrayBuffer(8);
  const view = new Int32Array(flags);
  const done = pool.run('wait', { flags });
  return {
    done,
    begun: (): Promise<void> => waitFor('the task to begin', () => Atomics.load(view, 0) === 1),
    letGo(): void {
      Atomics.store(view, 1, 1);
      Atomics.notify(view, 1);
    },
  };
};

test('a task runs in another thread and its value comes back', async () => {
  expect(await pool.run('double', { n: 21 })).toBe(42);
  expect(await pool.run('thread', {})).toBeGreaterThan(0);
});

test('a thread gets nothing of the environment', async () => {
  expect(await pool.run('environment', {})).toEqual({});
});

test('bytes arrive as a Buffer, few or many', async () => {
  const few = await pool.run<Buffer>('bytes', {});
  expect([Buffer.isBuffer(few), few.toString()]).toEqual([true, '%PDF']);
  const many = await pool.run<Buffer>('manyBytes', {});
  expect([many.length, many[99_999]]).toEqual([100_000, 7]);
});

test('a span covers the wait, and its child the work in the thread', async () => {
  const request = recorded.telemetry.tracing.startSpan('GET /api/orders/:id/invoice');
  await runInContext({ span: request }, () => pool.run('double', { n: 1 }));
  const [work, whole] = recorded.spans;
  expect(whole).toMatchObject({ name: 'thread double', parentId: request.spanId, traceId: request.traceId });
  expect(work).toMatchObject({ name: 'double', parentId: whole?.spanId, traceId: request.traceId });
  expect(work?.startedAt).toBeGreaterThanOrEqual(whole?.startedAt ?? Number.NaN);
  expect(work?.durationUs).toBeLessThanOrEqual(whole?.durationUs ?? Number.NaN);
});

test('what a task throws reaches the caller and both spans, and the thread goes on', async () => {
  const thread = await pool.run('thread', {});
  await expect(pool.run('fail', {})).rejects.toMatchObject({ name: 'RangeError', message: 'no such page' });
  expect(recorded.spans.slice(-2).map(({ name, tags }) => [name, tags.error])).toEqual([
    ['fail', true],
    ['thread fail', true],
  ]);
  expect(await pool.run('thread', {})).toBe(thread);
});

test('an unknown task and a payload that cannot be cloned fail by themselves', async () => {
  await expect(pool.run('dance', {})).rejects.toThrow('there is no task dance');
  await expect(pool.run('double', { n: () => 1 })).rejects.toThrow('could not be cloned');
  expect(await pool.run('double', { n: 1 })).toBe(2);
});

test.each(['crash', 'later'])(
  'a thread that ends (%s) fails its own task only, and another takes its place',
  async (task) => {
    const before = await pool.run('thread', {});
    const [crashed, next] = await Promise.allSettled([pool.run(task, {}), pool.run<number>('thread', {})]);
    expect(crashed.status).toBe('rejected');
    expect(next.status === 'fulfilled' && next.value).not.toBe(before);
  },
);

test('a task that takes too long loses its thread', async () => {
  create({ taskTimeoutMs: 1_500 });
  await expect(pool.run('forever', {})).rejects.toThrow('forever took longer than 1500 ms');
  expect(await pool.run('double', { n: 1 })).toBe(2);
});

test('as many tasks run at once as there are threads', async () => {
  create({ size: 2 });
  const [one, two] = [occupy(), occupy()];
  await Promise.all([one.begun(), two.begun()]);
  one.letGo();
  two.letGo();
  expect(await Promise.all([one.done, two.done])).toEqual(['done', 'done']);
});

test('a full queue refuses more', async () => {
  create({ maxQueue: 1 });
  const first = occupy();
  await first.begun();
  const second = pool.run('double', { n: 2 });
  await expect(pool.run('double', { n: 3 })).rejects.toMatchObject({ code: 'overloaded' });
  first.letGo();
  expect(await second).toBe(4);
  await first.done;
});

test('a task whose deadline has passed in the queue is not begun', async () => {
  const first = occupy();
  await first.begun();
  const late = runInContext({ deadlineAt: Date.now() - 1 }, () => pool.run('double', { n: 2 }));
  first.letGo();
  await expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' });
  await first.done;
});

test('stopping lets everything that was taken finish, and takes no more', async () => {
  const first = occupy();
  await first.begun();
  const second = pool.run('double', { n: 2 });
  const stopped = pool.stop();
  await expect(pool.run('double', { n: 3 })).rejects.toMatchObject({ code: 'shutting_down' });
  first.letGo();
  await stopped;
  expect(await Promise.all([first.done, second])).toEqual(['done', 4]);
});
