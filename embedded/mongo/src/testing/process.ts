import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const workspace = resolve(__dirname, '../..');
const main = join(workspace, 'dist/main.js');

/** Tests run on the sources, a process runs what was built: builds again when a source is newer than the last build. */
export const ensureBuilt = (): void => {
  const sources = readdirSync(join(workspace, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('testing'))
    .map((file) => statSync(join(workspace, 'src', file)).mtimeMs);
  if (existsSync(main) && statSync(main).mtimeMs >= Math.max(...sources)) return;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(dirname(require.resolve('typescript/package.json')), 'bin/tsc'), '-b', workspace],
    { encoding: 'utf8' },
  );
  if (status !== 0)
    throw new Error(`The store cannot be built, so it cannot be tested as a process:\n${stdout}${stderr}`);
};

export interface StoreProcess {
  port: number;
  child: ChildProcess;
  stderr(): string;
  /** Ends it by this signal and resolves with its exit code, null after a signal that it could not handle. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Rejects with what the process wrote to stderr when it exits before it is ready. */
export const startProcess = async (directory: string, ...more: string[]): Promise<StoreProcess> => {
  const child = spawn(process.execPath, [main, '--port', '0', '--directory', directory, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const line = await Promise.race([once(lines, 'line').then(([text]) => String(text)), exited.then(() => undefined)]);
  if (line === undefined) throw new Error(stderr);
  const { port } = JSON.parse(line) as { port: number };
  return {
    port,
    child,
    stderr: () => stderr,
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
};
