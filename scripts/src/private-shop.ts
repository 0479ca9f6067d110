import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, findShop, root, type Shop } from './shop.js';

export interface PrivateShop {
  readonly shop: Shop;
  readonly dataDirectory: string;
}

/** Runs something on a shop of its own: free ports, an empty folder, gone afterwards. */
export const withPrivateShop = async (
  args: readonly string[],
  use: (shop: PrivateShop) => Promise<void>,
): Promise<void> => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'glasshouse-'));
  const main = join(root, 'embedded/launcher/dist/main.js');
  const launcher = spawn(process.execPath, [main, '--offset', 'auto', '--data', dataDirectory, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => launcher.once('exit', () => resolve()));
  const stop = (): void => void launcher.kill('SIGTERM');
  process.once('SIGINT', stop);
  try {
    await untilUp(launcher.stdout, ended);
    await use({ shop: findShop(dataDirectory), dataDirectory });
  } finally {
    stop();
    await ended;
    process.removeListener('SIGINT', stop);
    await rm(dataDirectory, { recursive: true, force: true });
  }
};

const untilUp = (output: NodeJS.ReadableStream, ended: Promise<void>): Promise<void> =>
  new Promise((resolve, reject) => {
    let text = '';
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('Glasshouse is up.')) resolve();
    });
    void ended.then(() => reject(new CommandError(`The shop did not start:\n${text}`)));
  });
