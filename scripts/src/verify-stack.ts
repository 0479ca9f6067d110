import { parseArgs } from 'node:util';
import { withPrivateShop } from './private-shop.js';
import { CommandError, findShop, runCommand } from './shop.js';
import { composeAddresses, type StackAddresses, toEmbeddedAddresses, toolNames } from './verify/addresses.js';
import { runChecks, toLine } from './verify/check.js';
import { consoleChecks } from './verify/console-checks.js';
import { grafanaChecks } from './verify/grafana-checks.js';
import { kibanaChecks } from './verify/kibana-checks.js';
import { logChecks } from './verify/log-checks.js';
import { metricChecks } from './verify/metric-checks.js';
import { panelChecks } from './verify/panel-checks.js';
import { purchase } from './verify/purchase.js';
import { traceChecks } from './verify/trace-checks.js';

const help = `npm run verify-stack -- [options]

Does one purchase on a running stack (docker compose up) and follows every link by the tools' HTTP APIs: metric to
trace, trace to log lines, log line to trace, alert to console, and every panel of every dashboard.

  --TOOL URL     where a tool is, or "none": nothing is asked of it. TOOL is one of
                 ${toolNames.join(', ')}
                 (default: the ports of docker-compose.yml)
  --data DIR     the shop of npm start that runs on this folder instead; its backend stands for three of the tools
  --embedded     the same with a shop of its own, whose rules' time is compressed
  --help         this text

Exit code 1 if something does not work.
`;

/** Rules over hours take a sample every five minutes; with this every five seconds. */
const compressed = ['--time-scale', '60'];

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(toolNames.map((name) => [name, { type: 'string' as const }])),
      data: { type: 'string' },
      embedded: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return say(help);
  const changed = toChanged(values);
  if (values.embedded === true)
    return withPrivateShop(compressed, ({ shop }) => verify({ ...toEmbeddedAddresses(shop), ...changed }));
  const start = typeof values.data === 'string' ? toEmbeddedAddresses(findShop(values.data)) : composeAddresses;
  await verify({ ...start, ...changed });
};

/** The addresses that were given by hand; "none" takes a tool away. */
const toChanged = (values: Readonly<Record<string, string | boolean | undefined>>): Partial<StackAddresses> =>
  Object.fromEntries(
    toolNames.flatMap((name) => {
      const value = values[name];
      if (typeof value !== 'string') return [];
      if (value !== 'none' && !URL.canParse(value)) throw new CommandError(`--${name}: "${value}" is no address.`);
      return [[name, value === 'none' ? undefined : value.replace(/\/$/, '')]];
    }),
  );

const verify = async (addresses: StackAddresses): Promise<void> => {
  say(`One purchase at ${addresses.gateway} ...`);
  const bought = await purchase(addresses).catch((error: unknown) => {
    const problem =
      error instanceof Error && error.message !== 'fetch failed' ? error.message : 'nothing answers there';
    throw new CommandError(
      `There was none: ${problem}.\nStart the stack and wait until it is up: npm run stack:secrets && docker compose up --detach --wait`,
    );
  });
  say(`Order ${bought.orderNo}, trace ${bought.traceId}`);
  say('On a stack that has just started, the dashboards at the end may take seven minutes.\n');
  const checks = [
    ...traceChecks(addresses, bought),
    ...logChecks(addresses, bought),
    ...kibanaChecks(addresses, bought),
    ...metricChecks(addresses, bought),
    ...consoleChecks(addresses, bought),
    ...grafanaChecks(addresses, bought),
    ...panelChecks(addresses),
  ];
  const results = await runChecks(checks, (result) => say(toLine(result)));
  const failed = results.filter(({ isOk }) => !isOk).length;
  const absent = toolNames.filter((name) => addresses[name] === undefined);
  say(`\n${results.length - failed} of ${results.length} work.`);
  if (absent.length > 0) say(`Not asked: ${absent.join(', ')}.`);
  if (failed > 0) process.exitCode = 1;
};

runCommand(main);
