import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { root } from './launcher.js';
import type { Addresses } from './shop.js';

export interface LonelyConsole {
  readonly url: string;
  stop(): Promise<void>;
}

/** A second console on free ports, over backends of which some may not be there. */
export const startLonelyConsole = async (
  backends: Pick<Addresses, 'gateway' | 'jaeger' | 'elasticsearch' | 'prometheus'>,
): Promise<LonelyConsole> => {
  const leash = join(root, 'embedded/launcher/dist/leash.js');
  const child = spawn(process.execPath, ['--require', leash, join(root, 'console/dist/main.js')], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      ADMIN_PORT: '0',
      TRACER: 'none',
      DEMO_MODE: 'true',
      GATEWAY_URL: backends.gateway,
      JAEGER_QUERY_URL: backends.jaeger,
      ELASTICSEARCH_URL: backends.elasticsearch,
      PROMETHEUS_URL: backends.prometheus,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const port = await waitFor('the console to listen', () => /Listening: app (\d+)/.exec(output)?.[1]);
  return {
    url: `http://localhost:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
};
