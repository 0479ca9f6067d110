import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readRunFile } from '@glasshouse/launcher/run-file';
import { type Check, type Result, runChecks, type Section, sections, toLines } from './conformance/check.js';
import { drainChecks } from './conformance/drain-checks.js';
import { toEnvironment } from './conformance/environment.js';
import { headerChecks } from './conformance/header-checks.js';
import { healthChecks } from './conformance/health-checks.js';
import { logChecks } from './conformance/log-checks.js';
import { metricChecks } from './conformance/metric-checks.js';
import { createProductCalls, type ProductCalls } from './conformance/product-calls.js';
import { catalogueChecks } from './conformance/product-catalogue-checks.js';
import { stockChecks } from './conformance/product-stock-checks.js';
import { type ServiceName, serviceNames } from './conformance/profiles.js';
import { adminChecks, bodyChecks, errorChecks, proofChecks } from './conformance/request-checks.js';
import { spanChecks } from './conformance/span-checks.js';
import { createSubject, type Subject, type SubjectOptions } from './conformance/subject.js';
import { CommandError, findShop, root, runCommand } from './shop.js';

const sectionNames = Object.keys(sections) as Section[];

const help = `npm run conformance -- --service NAME [options]

Drives one service from outside and checks that it keeps the contract of docs/conformance.md, whatever language it is
written in: HTTP, headers, log records, spans, metrics, health, and how it goes down. It needs a running shop (npm
start), which has the tokens, the neighbours and the backends that the service tells everything to.

  --service NAME        one of ${serviceNames.join(', ')};
                        product is checked in full, the others as far as every service is alike
  --url URL             its doors: app,
  --admin URL           admin,
  --internal URL        and internal (default: those of the running shop's own service)
  --pid N               its process, which is ended by SIGTERM at last to see how it goes down
                        (default: the running shop's, which is started again; "none": not ended)
  --only SECTION,...    ${sectionNames.join(', ')}
  --data DIR            the data folder of the shop (default: .data)
  --jaeger URL          other backends than the shop's: Jaeger's query port,
  --elasticsearch URL   Elasticsearch,
  --prometheus URL      Prometheus;
  --gateway URL         where users log in, and
  --secrets DIR         the folder of the secrets, if no shop of npm start runs
  --environment         prints the variables to start your service with, beside the running shop, and ends
  --help                this text

Exit code 1 if something is not as it should be.
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

type Values = Readonly<Record<string, string | boolean | undefined>>;

const textOptions = [
  'service',
  'url',
  'admin',
  'internal',
  'pid',
  'only',
  'data',
  'jaeger',
  'elasticsearch',
  'prometheus',
  'gateway',
  'secrets',
];

const main = async (): Promise<void> => {
  const values = readOptions();
  if (values.help === true) return say(help);
  const service = serviceNames.find((name) => name === values.service);
  if (service === undefined) throw new CommandError(`Which one? --service is one of ${serviceNames.join(', ')}.`);
  if (values.environment === true) return say(toEnvironment(service, findData(values), findShop(findData(values))));
  const options = toSubjectOptions(service, values);
  const subject = createSubject(options);
  await expectAnswer(options);
  say(`${service} at ${options.url}, ${options.internal ?? 'no internal door'}, ${options.admin}\n`);
  const only = toSections(values.only);
  const calls = createProductCalls(subject);
  const run = (checks: readonly Check[]): Promise<Result[]> =>
    runChecks(
      checks.filter(({ section }) => only.has(section)),
      (result) => say(toLines(result)),
    );
  const alive = await run(toChecks(subject, calls)).finally(() => calls.takeAway());
  // Last, since nobody may answer afterwards.
  const results = [...alive, ...(await run(drainChecks(subject)))];
  const failed = results.filter(({ isOk }) => !isOk).length;
  say(`\n${results.length - failed} of ${results.length} are kept.`);
  if (subject.pid === undefined && only.has('drain'))
    say('How it goes down was not looked at: give its process with --pid N.');
  if (failed > 0) process.exitCode = 1;
};

const readOptions = (): Values => {
  try {
    return parseArgs({
      options: {
        ...Object.fromEntries(textOptions.map((name) => [name, { type: 'string' as const }])),
        environment: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new CommandError(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  }
};

const findData = ({ data }: Values): string => resolve(typeof data === 'string' ? data : join(root, '.data'));

const toSections = (given: string | boolean | undefined): Set<string> => {
  const wanted = typeof given === 'string' ? given.split(',') : sectionNames;
  const unknown = wanted.filter((name) => !(name in sections));
  if (unknown.length > 0)
    throw new CommandError(`--only ${unknown.join(', ')}: it is one of ${sectionNames.join(', ')}.`);
  return new Set(wanted);
};

const toAddress = (values: Values, name: string): string | undefined => {
  const value = values[name];
  if (typeof value !== 'string') return undefined;
  if (!URL.canParse(value) || !/^https?:/.test(value)) throw new CommandError(`--${name} ${value} is no http address.`);
  return value.replace(/\/+$/, '');
};

/** What was named; for the rest the running shop, which is looked for only if something is missing. */
const toSubjectOptions = (service: ServiceName, values: Values): SubjectOptions => {
  const given = (name: string): string | undefined => toAddress(values, name);
  const data = findData(values);
  const needed = ['url', 'admin', 'jaeger', 'elasticsearch', 'prometheus', 'gateway'];
  const isComplete = needed.every((name) => given(name) !== undefined) && typeof values.secrets === 'string';
  const shop = isComplete ? undefined : findShop(data).addresses;
  const own = shop?.admin[service] ?? '';
  const isOwn = given('admin') === undefined || given('admin') === own;
  const admin = given('admin') ?? own;
  return {
    service,
    url: given('url') ?? toAppAddress(own),
    admin,
    internal: given('internal') ?? (isOwn ? shop?.internal[service] : undefined),
    jaeger: given('jaeger') ?? shop?.jaeger ?? '',
    elasticsearch: given('elasticsearch') ?? shop?.elasticsearch ?? '',
    prometheus: given('prometheus') ?? shop?.prometheus ?? '',
    gateway: given('gateway') ?? shop?.gateway ?? '',
    secrets: typeof values.secrets === 'string' ? values.secrets : join(data, 'secrets'),
    pid: toPid(values.pid, isOwn ? readRunFile(data)?.pids[service] : undefined),
    isScraped: shop !== undefined && isOwn,
  };
};

/** The ports of one process differ by 100. */
const toAppAddress = (admin: string): string => {
  const url = new URL(admin);
  return `http://${url.hostname}:${Number(url.port) - 200}`;
};

const toPid = (given: string | boolean | undefined, own: number | undefined): number | undefined => {
  if (given === undefined) return own;
  if (given === 'none') return undefined;
  const pid = Number(given);
  if (!Number.isInteger(pid) || pid < 2)
    throw new CommandError(`--pid takes the number of a process, or none; it was given "${given}".`);
  return pid;
};

const expectAnswer = async ({ service, admin, internal }: SubjectOptions): Promise<void> => {
  const answer = await fetch(`${admin}/health/live`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  await answer?.arrayBuffer();
  if (answer === undefined) {
    throw new CommandError(
      `Nothing answers at ${admin}/health/live. Start ${service}, or name its admin door: --admin URL.\n` +
        `The variables to start it with: npm run conformance -- --service ${service} --environment`,
    );
  }
  if (internal === undefined && service !== 'gateway')
    throw new CommandError(`${service} has a door for other services; name it: --internal URL.`);
};

const toChecks = (subject: Subject, calls: ProductCalls): Check[] => [
  ...healthChecks(subject),
  ...headerChecks(subject),
  ...errorChecks(subject),
  ...bodyChecks(subject),
  ...proofChecks(subject),
  ...metricChecks(subject),
  ...logChecks(subject),
  ...spanChecks(subject),
  ...adminChecks(subject),
  ...(subject.service === 'product' ? [...catalogueChecks(subject, calls), ...stockChecks(subject, calls)] : []),
];

runCommand(main);
