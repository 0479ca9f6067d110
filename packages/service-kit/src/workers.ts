import { Worker } from 'node:worker_threads';
import { currentContext, type Span, type Telemetry } from '@glasshouse/telemetry';
import { kitErrors } from './errors.js';
import type { TaskMessage, TaskResult } from './worker-tasks.js';

/** Threads for work that would keep the event loop from everything else. */
export interface WorkerPool {
  /**
   * Runs a task that the worker file defines. Bytes (Uint8Array) arrive as a Buffer.
   * @throws kitErrors.overloaded if the queue is full, shuttingDown after `stop`, deadlineExceeded if the request's
   * time ends in the queue; Error if the task throws, takes too long or ends its thread
   */
  run<T>(task: string, payload: unknown): Promise<T>;
}

export interface WorkerPoolOptions {
  telemetry: Telemetry;
  /** The absolute path of a JavaScript file that calls `defineWorkerTasks`. */
  file: string;
  size: number;
  /** Tasks that may wait when all threads are busy. */
  maxQueue: number;
  /** After this a task's thread is ended and replaced; default 10,000. */
  taskTimeoutMs?: number | undefined;
}

interface Job {
  id: number;
  task: string;
  payload: unknown;
  span: Span;
  deadlineAt: number;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

interface Thread {
  worker: Worker;
  job: Job | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Threads start with the first tasks that need them. */
export const createWorkerPool = (options: WorkerPoolOptions): WorkerPool & { stop(): Promise<void> } => {
  const { telemetry, file, size, maxQueue, taskTimeoutMs = 10_000 } = options;
  const threads = new Set<Thread>();
  const queue: Job[] = [];
  let lastId = 0;
  let isStopping = false;
  let onIdle: (() => void) | undefined;

  const spawn = (): Thread => {
    // A thread only computes: it gets neither the environment, which may hold secrets, nor room to starve the process.
    const worker = new Worker(file, { env: {}, resourceLimits: { maxOldGenerationSizeMb: 256 } });
    const thread: Thread = { worker, job: undefined, timer: undefined };
    worker.on('message', (result: TaskResult) => settle(thread, result));
    worker.on('error', (error) => lose(thread, error));
    worker.on('exit', (code) => lose(thread, new Error(`the thread ended with code ${code}`)));
    threads.add(thread);
    return thread;
  };

  const assign = (thread: Thread, job: Job): void => {
    thread.job = job;
    const late = () => lose(thread, new Error(`${job.task} took longer than ${taskTimeoutMs} ms`));
    thread.timer = setTimeout(late, taskTimeoutMs);
    const message: TaskMessage = { id: job.id, task: job.task, payload: job.payload };
    try {
      thread.worker.postMessage(message);
    } catch (error) {
      // Something in the payload cannot be cloned.
      release(thread)?.reject(error);
    }
  };

  const release = (thread: Thread): Job | undefined => {
    const { job } = thread;
    clearTimeout(thread.timer);
    thread.job = undefined;
    return job;
  };

  /** The thread cannot tell its own spans, so they are told here, with the times it has measured. */
  const settle = (thread: Thread, { startedAt, durationMs, value, error }: TaskResult): void => {
    const job = release(thread);
    if (job === undefined) return;
    const tags = { 'thread.id': thread.worker.threadId };
    const parent = job.span;
    const span = telemetry.tracing.startSpan(job.task, { component: 'worker_threads', tags, parent, startedAt });
    const failure = error && Object.assign(new Error(error.message), { name: error.name, stack: error.stack });
    if (failure) span.setError(failure);
    span.finish(startedAt + durationMs);
    if (failure) job.reject(failure);
    else job.resolve(value instanceof Uint8Array ? toBuffer(value) : value);
    next();
  };

  const lose = (thread: Thread, error: Error): void => {
    if (!threads.delete(thread)) return;
    release(thread)?.reject(error);
    void thread.worker.terminate();
    next();
  };

  const idleThread = (): Thread | undefined => {
    for (const thread of threads) if (thread.job === undefined) return thread;
    return threads.size < size ? spawn() : undefined;
  };

  const next = (): void => {
    while (queue.length > 0) {
      const thread = idleThread();
      if (thread === undefined) return;
      const job = queue.shift();
      if (job === undefined) return;
      if (job.deadlineAt <= Date.now()) job.reject(kitErrors.deadlineExceeded());
      else assign(thread, job);
    }
    if ([...threads].every((thread) => thread.job === undefined)) onIdle?.();
  };

  const enqueue = (task: string, payload: unknown, span: Span): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const deadlineAt = currentContext()?.deadlineAt ?? Number.POSITIVE_INFINITY;
      lastId += 1;
      queue.push({ id: lastId, task, payload, span, deadlineAt, resolve, reject });
      next();
    });

  return {
    async run<T>(task: string, payload: unknown) {
      if (isStopping) throw kitErrors.shuttingDown();
      if (queue.length >= maxQueue) throw kitErrors.overloaded();
      // The thread's clock has whole milliseconds; with the same here no child begins before its parent.
      const options = { component: 'worker_threads', startedAt: Date.now() };
      const result = await telemetry.tracing.withSpan(`thread ${task}`, options, (span) =>
        enqueue(task, payload, span),
      );
      return result as T;
    },
    async stop() {
      isStopping = true;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
        next();
      });
      const ended = [...threads].map((thread) => thread.worker.terminate());
      threads.clear();
      await Promise.all(ended);
    },
  };
};

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
