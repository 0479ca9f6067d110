import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { CommandError, root } from '../shop.js';

/** `npm run load` on a shop, for a time such as `60s`. Throws if it does not end well. */
export const runLoad = (dataDirectory: string, duration: string, perSecond = 50): Promise<void> =>
  new Promise((resolve, reject) => {
    const script = join(root, 'scripts/dist/load.js');
    const child = spawn(
      process.execPath,
      [script, '--rate', String(perSecond), '--for', duration, '--data', dataDirectory],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new CommandError('The load did not end well.'))));
  });
