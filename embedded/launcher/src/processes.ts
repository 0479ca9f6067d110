import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Part } from './plan.js';
import { signalProgram, startProgram } from './program.js';
import { waitUntilReady } from './readiness.js';
import type { Screen } from './screen.js';

const firstBackOffMs = 200;
const longestBackOffMs = 10_000;
/** A part that was ready this long before it died starts again at the shortest back-off. */
const healthyAfterMs = 2_000;
/** The services need up to 9 s to drain; whoever is still there later is killed. */
const stopWithinMs = 10_000;
/** A log file is the copy of a part's stdout, not an archive. */
const largestLogFileBytes = 20 * 1024 * 1024;

export interface Processes {
  /** Starts the parts and resolves when all are ready; rejects if one dies before it was ever ready. */
  start(parts: readonly Part[]): Promise<void>;
  stop(parts: readonly Part[]): Promise<void>;
  killAll(): void;
  pids(): Record<string, number>;
}

interface Running {
  readonly part: Part;
  child: ChildProcess;
  startedAt: number;
  backOffMs: number;
  /** When the present process became ready. */
  readyAt: number | undefined;
  wasReady: boolean;
  isStopping: boolean;
  restart?: NodeJS.Timeout;
}

export interface ProcessesOptions {
  readonly root: string;
  readonly logDirectory: string;
  readonly screen: Screen;
  readonly onPidsChanged: () => void;
}

/**
 * Runs each part as a child process with its output in a file, and restarts one that dies, with exponential back-off.
 * Children have a process group of their own: Ctrl-C reaches the launcher alone, which stops them in order.
 */
export const createProcesses = ({ root, logDirectory, screen, onPidsChanged }: ProcessesOptions): Processes => {
  const running = new Map<string, Running>();
  const logFileOf = (part: Part): string => join(logDirectory, `${part.name.replaceAll(' ', '-')}.log`);

  const spawnPart = (part: Part): ChildProcess => {
    const log = openSync(logFileOf(part), 'a');
    const env = { ...process.env, ...part.env };
    const child = part.program ? startProgram({ program: part.program, env, log }) : startNode(part, env, log);
    closeSync(log);
    return child;
  };

  const startNode = (part: Part, env: NodeJS.ProcessEnv, log: number): ChildProcess => {
    const leash = join(__dirname, 'leash.js');
    const main = join(root, part.folder, 'dist', 'main.js');
    return spawn(process.execPath, [...(part.nodeArgs ?? []), '--require', leash, main, ...part.args], {
      cwd: root,
      env,
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
  };

  const startOne = async (part: Part): Promise<void> => {
    screen.update(part.name, 'starting');
    const entry: Running = {
      part,
      child: spawnPart(part),
      startedAt: Date.now(),
      backOffMs: firstBackOffMs,
      readyAt: undefined,
      wasReady: false,
      isStopping: false,
    };
    running.set(part.name, entry);
    const firstEnd = new Promise<never>((_resolve, reject) => watch(entry, reject));
    const isReady = await Promise.race([untilReady(entry), firstEnd]);
    // It has ended already, and its last words are still being read.
    if (!isReady && !entry.isStopping) await firstEnd;
  };

  const untilReady = async (entry: Running): Promise<boolean> => {
    const { child, part } = entry;
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const isOver = (): boolean => entry.isStopping || entry.child !== child || hasEnded();
    if (!(await waitUntilReady(part, isOver))) return false;
    entry.wasReady = true;
    entry.readyAt = Date.now();
    screen.update(part.name, 'up', `${Date.now() - entry.startedAt} ms`);
    return true;
  };

  const watch = (entry: Running, onEarlyEnd: (error: Error) => void): void => {
    onPidsChanged();
    entry.child.once('exit', (code, signal) => {
      if (entry.isStopping) return;
      const reason = signal === null ? `ended with code ${code}` : `was killed by ${signal}`;
      if (!entry.wasReady) {
        void readTail(logFileOf(entry.part)).then((tail) =>
          onEarlyEnd(new Error(`${entry.part.name} ${reason} before it was ready. Its last words:\n${tail}`)),
        );
        return;
      }
      scheduleRestart(entry, reason, onEarlyEnd);
    });
  };

  const scheduleRestart = (entry: Running, reason: string, onEarlyEnd: (error: Error) => void): void => {
    if (entry.readyAt !== undefined && Date.now() - entry.readyAt > healthyAfterMs) entry.backOffMs = firstBackOffMs;
    entry.readyAt = undefined;
    screen.update(entry.part.name, 'down', `${reason}; restarting in ${entry.backOffMs} ms`);
    entry.restart = setTimeout(() => {
      entry.child = spawnPart(entry.part);
      entry.startedAt = Date.now();
      screen.update(entry.part.name, 'starting', 'again');
      watch(entry, onEarlyEnd);
      void untilReady(entry);
    }, entry.backOffMs);
    entry.backOffMs = Math.min(longestBackOffMs, entry.backOffMs * 2);
  };

  const stopOne = async (part: Part): Promise<void> => {
    const entry = running.get(part.name);
    if (entry === undefined) return;
    entry.isStopping = true;
    clearTimeout(entry.restart);
    const { child } = entry;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const lastResort = setTimeout(() => signalPart(part, child, 'SIGKILL'), stopWithinMs);
      signalPart(part, child, 'SIGTERM');
      await ended;
      clearTimeout(lastResort);
    }
    running.delete(part.name);
    screen.update(part.name, 'stopped');
  };

  const boundLogFiles = setInterval(() => {
    for (const { part } of running.values()) void boundFile(logFileOf(part));
  }, 10_000);
  boundLogFiles.unref();

  return {
    async start(parts) {
      await Promise.all(parts.map(startOne));
    },
    async stop(parts) {
      await Promise.all(parts.map(stopOne));
    },
    killAll() {
      for (const entry of running.values()) {
        entry.isStopping = true;
        clearTimeout(entry.restart);
        signalPart(entry.part, entry.child, 'SIGKILL');
      }
    },
    pids: () =>
      Object.fromEntries(
        [...running].flatMap(([name, { child }]) => (child.pid === undefined ? [] : [[name, child.pid]])),
      ),
  };
};

const signalPart = ({ program }: Part, child: ChildProcess, signal: NodeJS.Signals): void => {
  if (program === undefined) child.kill(signal);
  else signalProgram(child, signal);
};

/** Files are opened for appending, so a truncated one goes on from its start. */
const boundFile = async (file: string): Promise<void> => {
  try {
    if ((await stat(file)).size > largestLogFileBytes) await truncate(file);
  } catch {
    // The file is gone; the next start of its part makes a new one.
  }
};

const readTail = async (file: string): Promise<string> => {
  try {
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    return lines.slice(-8).join('\n');
  } catch {
    return '(nothing)';
  }
};
