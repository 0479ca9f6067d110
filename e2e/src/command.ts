import { execFile } from 'node:child_process';
import { root } from './launcher.js';

export interface CommandResult {
  readonly code: number;
  /** What it printed on both streams, one after the other. */
  readonly output: string;
  readonly stdout: string;
}

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Runs a command in the root of the repository, as a person at a terminal would, and waits for its end. */
export const runCommand = (
  file: string,
  args: readonly string[],
  { environment = {}, timeoutMs = 60_000 }: CommandOptions = {},
): Promise<CommandResult> => {
  const { NODE_ENV: _env, JEST_WORKER_ID: _worker, ...rest } = process.env;
  const options = { cwd: root, env: { ...rest, ...environment }, timeout: timeoutMs, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    execFile(file, [...args], options, (error, stdout, stderr) => {
      // Ended by a signal, it has no code.
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, output: `${stdout}${stderr}` });
    });
  });
};

export const hasCommand = async (name: string): Promise<boolean> =>
  (await runCommand('bash', ['-c', `command -v ${name}`])).code === 0;
