import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';

export const root = resolve(__dirname, '../..');

export interface LaunchOptions {
  /** What stands behind `npm start --`. */
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** A process of `npm start`, or of anything else that is run as a user would. */
export interface Launcher {
  readonly pid: number;
  /** All that it has printed, on both streams. */
  output(): string;
  /** Waits until the shop is up; throws with the output if it ends before. */
  untilUp(): Promise<void>;
  /** Its exit code, or the signal that ended it. */
  untilEnded(): Promise<number | NodeJS.Signals>;
  signal(signal: NodeJS.Signals): void;
}

/** A start takes seconds; this only bounds a failing test on a machine with too much to do. */
const startDeadlineMs = 120_000;

export const launch = ({ args, environment = {} }: LaunchOptions): Launcher => {
  const launcherDist = join(root, 'embedded/launcher/dist');
  // The leash ends the shop if this test's process dies before it could.
  const child = spawn(
    process.execPath,
    ['--require', join(launcherDist, 'leash.js'), join(launcherDist, 'main.js'), ...args],
    {
      cwd: root,
      env: { ...userEnvironment(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let output = '';
  const append = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout?.on('data', append);
  child.stderr?.on('data', append);
  // Unlike 'exit', 'close' comes after the last output.
  const ended = new Promise<number | NodeJS.Signals>((done) => {
    child.once('close', (code, signal) => done(signal ?? code ?? -1));
  });
  return {
    pid: child.pid ?? -1,
    output: () => output,
    async untilUp() {
      const isUp = (): boolean => output.includes('Glasshouse is up.');
      const deadline = waitFor('the shop to be up', isUp, startDeadlineMs);
      const end = await Promise.race([deadline.then(() => undefined), ended]);
      if (end !== undefined) throw new Error(`npm start ended with ${end}:\n${output}`);
    },
    untilEnded: () => ended,
    signal: (signal) => void child.kill(signal),
  };
};

/** What a user's shell would hold; jest's own variables change how libraries behave. */
const userEnvironment = (): NodeJS.ProcessEnv => {
  const { NODE_ENV: _env, JEST_WORKER_ID: _worker, ...rest } = process.env;
  return rest;
};

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

export const killIfAlive = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
};
