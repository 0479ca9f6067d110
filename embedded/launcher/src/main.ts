import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { ArgumentError, help, parseArguments } from './arguments.js';
import { setStoreAside } from './fresh.js';
import { createPlan, type Plan, serviceNames } from './plan.js';
import { findFreeOffset, findTakenPorts } from './ports.js';
import { createProcesses } from './processes.js';
import { toProgram } from './program.js';
import { readRunFile, removeRunFile, writeRunFile } from './run-file.js';
import { createScreen, type Screen } from './screen.js';
import { ensureSecrets } from './secrets.js';
import { toWelcome } from './welcome.js';

const root = resolve(__dirname, '../../..');

/** A problem that the person at the terminal can solve; shown as its message alone. */
class StartError extends Error {}

interface Runner {
  start(): Promise<void>;
  stop(): Promise<void>;
  killAll(): void;
}

const main = async (): Promise<void> => {
  const args = parseArguments(process.argv.slice(2), root);
  if (args === undefined) return void process.stdout.write(help);
  const dataDirectory = resolve(args.dataDirectory);
  const logDirectory = resolve(dataDirectory, 'logs');
  mkdirSync(logDirectory, { recursive: true });
  refuseSecondRun(dataDirectory);
  const offset = args.offset === 'auto' ? await findFreeOffset() : args.offset;
  await refuseTakenPorts(offset);
  if (args.isFresh) reportFresh(setStoreAside(dataDirectory));
  const secrets = await ensureSecrets(dataDirectory, serviceNames);
  const { timeScale, webhooks } = args;
  const rules = { folder: resolve(root, 'infra/prometheus/rules'), timeScale, webhooks };
  const replacements = Object.fromEntries(
    Object.entries(args.replacements).map(([name, given]) => [name, toProgram(given, root)]),
  );
  const plan = createPlan({ offset, dataDirectory, secrets, rules, environment: process.env, replacements });
  reportReplacements(args.replacements, logDirectory);
  const screen = createScreen(
    [...plan.standIns, ...plan.services].map((part) => part.name),
    process.stdout,
  );
  const runner = args.isSingle
    ? await createSingleRunner({ plan, offset, dataDirectory, logDirectory, screen })
    : createProcessRunner({ plan, dataDirectory, logDirectory, screen });
  const isStopping = stopOnSignals(runner, screen, dataDirectory);
  try {
    await runner.start();
  } catch (error) {
    // Nothing has been served yet, so there is nothing to drain.
    runner.killAll();
    await runner.stop();
    removeRunFile(dataDirectory);
    throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (!isStopping()) screen.settle(toWelcome(plan.addresses, secrets, logDirectory));
};

interface RunnerOptions {
  readonly plan: Plan;
  readonly dataDirectory: string;
  readonly logDirectory: string;
  readonly screen: Screen;
}

const createProcessRunner = ({ plan, dataDirectory, logDirectory, screen }: RunnerOptions): Runner => {
  const writePids = (): void =>
    writeRunFile(dataDirectory, { pid: process.pid, addresses: plan.addresses, pids: processes.pids() });
  const processes = createProcesses({ root, logDirectory, screen, onPidsChanged: writePids });
  return {
    // The services retry until their database is there, so all start at once and the slowest alone decides.
    start: () => processes.start([...plan.standIns, ...plan.services]),
    async stop() {
      await processes.stop(plan.services);
      await processes.stop(plan.standIns);
    },
    killAll: () => processes.killAll(),
  };
};

/** Loaded only when asked for: the services' code has no business in a launcher that runs them as processes. */
const createSingleRunner = async (options: RunnerOptions & { readonly offset: number }): Promise<Runner> => {
  const { createSingle } = await import('./single.js');
  const single = toSingle(() => createSingle(options));
  return {
    async start() {
      await single.start();
      writeRunFile(options.dataDirectory, { pid: process.pid, addresses: options.plan.addresses, pids: {} });
    },
    stop: () => single.stop(),
    killAll: () => {},
  };
};

/** Here the services' configurations are read, and what is wrong in one is said as it would be by its process. */
const toSingle = <T>(create: () => T): T => {
  try {
    return create();
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
  }
};

const refuseSecondRun = (dataDirectory: string): void => {
  const run = readRunFile(dataDirectory);
  if (run === undefined) return;
  throw new StartError(
    `The shop already runs on ${dataDirectory} (process ${run.pid}, ${run.addresses.gateway}).\n` +
      'End that one with Ctrl-C, or give this one a folder of its own: npm start -- --data DIR --offset 1000',
  );
};

const refuseTakenPorts = async (offset: number): Promise<void> => {
  const taken = await findTakenPorts(offset);
  if (taken.length === 0) return;
  throw new StartError(
    `${taken.join('\n')}\nEnd that program, or shift every port: npm start -- --offset ${offset + 1000}`,
  );
};

const reportFresh = (keptAt: string | undefined): void => {
  if (keptAt !== undefined) process.stdout.write(`Beginning with empty data; the old data is kept in ${keptAt}\n`);
};

/** What it prints is the only place where a program may say that its first start takes a while. */
const reportReplacements = (replacements: Readonly<Record<string, string>>, logDirectory: string): void => {
  for (const [name, given] of Object.entries(replacements))
    process.stdout.write(`In place of ${name} runs ${given}; what it prints is in ${logDirectory}/${name}.log\n`);
};

/** @returns whether such a signal has come, perhaps while the shop was still starting */
const stopOnSignals = (runner: Runner, screen: Screen, dataDirectory: string): (() => boolean) => {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) {
      runner.killAll();
      removeRunFile(dataDirectory);
      process.exit(130);
    }
    isStopping = true;
    screen.settle('\nStopping; once more Ctrl-C stops at once.');
    await runner.stop();
    removeRunFile(dataDirectory);
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
  return () => isStopping;
};

main().catch((error: unknown) => {
  const isExpected = error instanceof StartError || error instanceof ArgumentError;
  const text = isExpected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
