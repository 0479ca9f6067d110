import { parentPort } from 'node:worker_threads';

/** What the pool sends to a thread. */
export interface TaskMessage {
  id: number;
  task: string;
  payload: unknown;
}

/** What a thread answers. Times are of its own work, without any waiting. */
export interface TaskResult {
  id: number;
  /** Epoch milliseconds. */
  startedAt: number;
  durationMs: number;
  value?: unknown;
  error?: { name: string; message: string; stack: string | undefined } | undefined;
}

/**
 * Called once in a worker file: names what the thread can do. A task gets a structured clone of the payload and may
 * be asynchronous. Bytes that fill their buffer are handed over without a copy.
 */
export const defineWorkerTasks = (tasks: Readonly<Record<string, (payload: never) => unknown>>): void => {
  const port = parentPort;
  if (port === null) throw new Error('defineWorkerTasks is for the file of a worker thread');
  port.on('message', async (message: TaskMessage) => {
    const { id } = message;
    const startedAt = Date.now();
    const begin = performance.now();
    try {
      const task = tasks[message.task];
      if (task === undefined) throw new Error(`there is no task ${message.task}`);
      const value = await task(message.payload as never);
      const result: TaskResult = { id, startedAt, durationMs: performance.now() - begin, value };
      port.postMessage(result, ownBytes(value));
    } catch (thrown) {
      const { name, message: text, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
      const error = { name, message: text, stack };
      const result: TaskResult = { id, startedAt, durationMs: performance.now() - begin, error };
      port.postMessage(result);
    }
  });
};

/** Small Buffers are slices of a pool that others use, which must not be given away. */
const ownBytes = (value: unknown): ArrayBuffer[] =>
  value instanceof Uint8Array && value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength
    ? [value.buffer]
    : [];
