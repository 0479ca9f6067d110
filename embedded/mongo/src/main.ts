import { parseArgs } from 'node:util';
import { createDocumentStore } from './index.js';

/** The document store as a process: `node main.js --port 27017 --directory DIR [--host H] [--fresh]`. */
const run = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '27017' },
      directory: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      fresh: { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (values.directory === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error('usage: main.js --directory DIR [--port 27017] [--host 127.0.0.1] [--fresh]');
  }
  const store = createDocumentStore({
    directory: values.directory,
    port,
    host: values.host,
    setAside: values.fresh,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const stop = async (): Promise<void> => {
    await store.stop();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, ...(await store.start()) })}\n`);
};

if (require.main === module) {
  run().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}
