import { parseArgs } from 'node:util';
import { explain } from '@glasshouse/console/analysis/why/explain';
import { createElasticsearchClient } from '@glasshouse/console/queries/elasticsearch';
import { type EvidenceClients, gatherEvidence } from '@glasshouse/console/queries/evidence';
import { createJaegerClient } from '@glasshouse/console/queries/jaeger';
import { createPrometheusClient } from '@glasshouse/console/queries/prometheus';
import { CommandError, findShop, runCommand } from './shop.js';
import { printExplanation } from './why/printout.js';

const help = `npm run why -- <id> [options]

What happened to one request or order, and who caused it: the same as the page /why of the console.

  <id>                  a trace id, an order's number or id, a request id, or a whole header of an answer
                        ("traceresponse: 00-..."); npm run demo and every answer print them
  --json                everything as JSON
  --data DIR            the data folder of the shop (default: .data)
  --jaeger URL          ask these instead of a running shop's: Jaeger's query port,
  --elasticsearch URL   Elasticsearch,
  --prometheus URL      Prometheus;
  --console URL         where links lead
  --help                this text

Exit code 1 if nothing was found.
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      data: { type: 'string' },
      jaeger: { type: 'string' },
      elasticsearch: { type: 'string' },
      prometheus: { type: 'string' },
      console: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const id = positionals.join(' ');
  if (values.help === true) return say(help);
  if (id === '') throw new CommandError(`Which one? ${howToGetAnId}\n\n${help}`);
  const addresses = findAddresses(values);
  const explanation = explain(await gatherEvidence(createClients(addresses), id));
  if (values.json === true) say(JSON.stringify(explanation, null, 2));
  if (explanation.subject === undefined) throw new CommandError(nothingFound(explanation, addresses));
  if (values.json === true) return;
  const columns = process.stdout.columns ?? 160;
  const hasColors = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
  say(printExplanation(explanation, { columns, hasColors, consoleUrl: addresses.console }));
};

interface Addresses {
  readonly jaeger: string;
  readonly elasticsearch: string;
  readonly prometheus: string;
  /** Undefined: no console is known. */
  readonly console: string | undefined;
}

const backends = ['jaeger', 'elasticsearch', 'prometheus'] as const;

/** Those that were named; the running shop's for the others. */
const findAddresses = (values: { readonly [name: string]: string | boolean | undefined }): Addresses => {
  const named = (name: string): string | undefined => {
    const value = values[name];
    if (typeof value !== 'string') return undefined;
    if (!URL.canParse(value) || !/^https?:/.test(value))
      throw new CommandError(`--${name} ${value} is no http address.`);
    return value.replace(/\/+$/, '');
  };
  const isComplete = backends.every((name) => named(name) !== undefined);
  const data = typeof values.data === 'string' ? values.data : undefined;
  const shop: Partial<Addresses> = isComplete ? {} : findShop(data).addresses;
  const address = (name: (typeof backends)[number]): string => named(name) ?? shop[name] ?? '';
  return {
    jaeger: address('jaeger'),
    elasticsearch: address('elasticsearch'),
    prometheus: address('prometheus'),
    console: named('console') ?? shop.console,
  };
};

const createClients = ({ jaeger, elasticsearch, prometheus }: Addresses): EvidenceClients => ({
  jaeger: createJaegerClient(`${jaeger}/api`),
  elasticsearch: createElasticsearchClient(elasticsearch),
  prometheus: createPrometheusClient(`${prometheus}/api/v1`),
});

const howToGetAnId =
  'Every answer has the headers traceresponse and x-request-id, an order its orderNo and id; npm run demo prints a trace id.';

const nothingFound = (
  { text, looked, unavailable }: Pick<ReturnType<typeof explain>, 'text' | 'looked' | 'unavailable'>,
  addresses: Addresses,
): string => {
  const tried =
    looked.length === 0
      ? `"${text}" is neither a trace id, a request id, nor an order's number or id.`
      : `Nothing was found for the ${looked.join(', nor for the ')}.`;
  const where = `Looked for traces at ${addresses.jaeger} and for log lines at ${addresses.elasticsearch}.`;
  const down = unavailable.map(({ backend, message }) => `${backend} gave no answer: ${message}.`);
  return [
    tried,
    where,
    ...down,
    'A trace arrives a second after its answer; the oldest fall out of memory.',
    howToGetAnId,
  ].join('\n');
};

runCommand(main);
