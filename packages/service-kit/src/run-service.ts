import type { z } from 'zod';
import { ConfigError, parseConfig, processEnvironment } from './config.js';
import type { Service } from './service/service.js';

/** Later than any graceful stop, sooner than an orchestrator's patience. */
const lastResortMs = 9_000;

/**
 * The entry of a process: configuration, start, signals. A configuration that is not valid or a port that is taken ends
 * it with status 1 and a line that says what to change; SIGTERM and SIGINT end it gracefully, a second one at once.
 */
export const runService = <S extends z.ZodType>(
  name: string,
  schema: S,
  create: (config: z.infer<S>) => Service,
): void => {
  start(name, () => create(parseConfig(schema, processEnvironment()))).catch((error: unknown) => {
    process.stderr.write(`${name}: ${describe(error)}\n`, () => process.exit(1));
  });
};

const start = async (name: string, create: () => Service): Promise<void> => {
  const service = create();
  let isStopping = false;
  const end = (status: number): void => {
    if (isStopping) process.exit(status === 0 ? 130 : status);
    isStopping = true;
    setTimeout(() => process.exit(1), lastResortMs).unref();
    service.stop().then(
      () => process.exit(status),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', () => end(0));
  process.on('SIGINT', () => end(0));
  // A promise that nobody awaits must not be a way to end the process from outside; after an exception nothing is certain.
  process.on('unhandledRejection', (error) => service.report?.('process.unhandled_rejection', error));
  process.on('uncaughtException', (error) => {
    service.report?.('process.uncaught_exception', error);
    process.stderr.write(`${name}: ${error.stack ?? error.message}\n`);
    end(1);
  });
  await service.start();
};

const describe = (error: unknown): string => {
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? error.message : String(error);
};
