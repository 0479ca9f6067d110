import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ArgumentError } from './arguments.js';

/** A program that takes a service's place: what a shell would run, and where. */
export interface Program {
  readonly command: string;
  readonly folder: string;
}

/**
 * A folder stands for its file `run`; anything else is a command, run in the root of the repository.
 * @throws ArgumentError if the folder has no such file
 */
export const toProgram = (given: string, root: string): Program => {
  const folder = resolve(root, given);
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) return { command: given, folder: root };
  try {
    accessSync(join(folder, 'run'), constants.X_OK);
  } catch {
    throw new ArgumentError(`${given} has no executable file "run"; give --replace one that has, or a command.`);
  }
  return { command: './run', folder };
};

export interface ProgramOptions {
  readonly program: Program;
  readonly env: NodeJS.ProcessEnv;
  /** File descriptor of its log file. */
  readonly log: number;
}

/**
 * Starts it in a process group of its own. `exec` makes the shell become the program, so that the process that is
 * watched and signalled is the program's; that it cannot be run is said by the shell, in the log file.
 */
export const startProgram = ({ program, env, log }: ProgramOptions): ChildProcess => {
  const child = spawn('/bin/sh', ['-c', `exec ${program.command}`], {
    cwd: program.folder,
    env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  if (child.pid !== undefined) putOnLeash(child, child.pid);
  return child;
};

/** Only a Node program can be told to watch the channel to the launcher, so another one does it for this one. */
const putOnLeash = (child: ChildProcess, pid: number): void => {
  const holder = spawn(process.execPath, [join(__dirname, 'leash-holder.js'), String(pid)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
  });
  child.once('exit', () => holder.kill('SIGKILL'));
};

/** Its children are its own affair, so all of its group are meant. */
export const signalProgram = ({ pid }: ChildProcess, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
};
