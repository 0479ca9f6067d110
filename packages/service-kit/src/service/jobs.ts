import { setTimeout as pause } from 'node:timers/promises';
import { runInContext, type Telemetry } from '@glasshouse/telemetry';

export interface JobOptions {
  name: string;
  /** From the end of one run to the begin of the next. */
  intervalMs: number;
  /** The signal aborts when the service goes down. */
  run: (signal: AbortSignal) => Promise<void>;
}

export interface Jobs {
  add(job: JobOptions): void;
  start(): void;
  /** Resolves when no run is left. */
  stop(): Promise<void>;
}

/** Work that a service does by itself, in turns. A run that fails is stated, and the next one comes as if it had not. */
export const createJobs = (telemetry: Telemetry): Jobs => {
  const jobs: JobOptions[] = [];
  const stopping = new AbortController();
  let loops: Promise<void>[] = [];

  const loop = async ({ name, intervalMs, run }: JobOptions): Promise<void> => {
    const { signal } = stopping;
    while (!signal.aborted) {
      try {
        await run(signal);
      } catch (error) {
        const fields = { 'glasshouse.job': name };
        if (!signal.aborted) {
          telemetry.fact({ action: 'job.failed', message: `${name} failed`, level: 'warn', fields, error });
        }
      }
      await pause(intervalMs, undefined, { signal }).catch(() => {});
    }
  };
  return {
    add: (job) => void jobs.push(job),
    // An own, empty context: whoever happens to start the service is not who the jobs work for.
    start: () => {
      loops = runInContext({}, () => jobs.map(loop));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
};
