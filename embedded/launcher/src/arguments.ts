import { parseArgs } from 'node:util';
import { serviceNames } from './plan.js';

export interface Arguments {
  /** Added to every port; 'auto' picks one at which all ports are free. */
  readonly offset: number | 'auto';
  readonly isSingle: boolean;
  readonly isFresh: boolean;
  readonly dataDirectory: string;
  /** Divides every duration in the rules of alerts. */
  readonly timeScale: number;
  /** Addresses that are told of alerts, besides the console. */
  readonly webhooks: readonly string[];
  /** What runs in place of a service of ours, by its name: a folder or a command, as it was given. */
  readonly replacements: Readonly<Record<string, string>>;
}

export const help = `npm start -- [options]

Starts the whole shop with nothing but Node: the document store, the telemetry backend,
the gateway and its services. Ctrl-C ends everything cleanly; a second Ctrl-C at once.

  --offset N      adds N to every port, so that it runs beside another one; "auto" picks a free N
  --single        everything in one process: starts faster and takes less memory
  --fresh         begins with empty data; the data that was there is kept aside
  --data DIR      the folder for data, secrets and log files (default: .data)
  --time-scale N  divides every duration in the rules of alerts by N, so that with 60
                  an hour is a minute (default: 1)
  --webhooks URLS also tells these addresses of alerts, in the form of Alertmanager's
                  webhook; several are separated by commas
  --replace SERVICE=PROGRAM
                  runs another program in place of one of our services, with the same ports and
                  environment variables; PROGRAM is a command, or a folder with an executable file
                  "run". For instance --replace product=examples/product-python
                  What such a program must do: docs/conformance.md
  --help          this text

One variable of one service is set with SERVICE__NAME, for instance:
  ORDER__LOG_LEVEL=debug npm start
`;

export class ArgumentError extends Error {}

/** Reads the command line. Throws an ArgumentError that says what is wrong and what is expected; undefined is --help. */
export const parseArguments = (argv: readonly string[], root: string): Arguments | undefined => {
  const values = readOptions(argv);
  if (values.help === true) return undefined;
  const replacements = parseReplacements(values.replace ?? []);
  if (values.single === true && Object.keys(replacements).length > 0)
    throw new ArgumentError(
      '--replace starts a process, and --single runs everything in one. Leave one of the two away.',
    );
  return {
    offset: parseOffset(values.offset ?? '0'),
    isSingle: values.single === true,
    isFresh: values.fresh === true,
    dataDirectory: values.data ?? `${root}/.data`,
    timeScale: parseTimeScale(values['time-scale'] ?? '1'),
    webhooks: parseWebhooks(values.webhooks ?? ''),
    replacements,
  };
};

const readOptions = (argv: readonly string[]) => {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        offset: { type: 'string' },
        single: { type: 'boolean' },
        fresh: { type: 'boolean' },
        data: { type: 'string' },
        'time-scale': { type: 'string' },
        webhooks: { type: 'string' },
        replace: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new ArgumentError(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  }
};

/** The highest port of the plan is 27017, so an offset up to 38,000 keeps every port below 65,536. */
const parseOffset = (text: string): number | 'auto' => {
  if (text === 'auto') return 'auto';
  const offset = Number(text);
  if (!Number.isInteger(offset) || offset < 0 || offset > 38_000) {
    throw new ArgumentError(`--offset takes a whole number from 0 to 38000, or auto; it was given "${text}".`);
  }
  return offset;
};

/** At 75 the shortest window of a burn rate, five minutes, is four seconds long; fewer hold too few samples. */
const maxTimeScale = 75;

const parseTimeScale = (text: string): number => {
  const scale = Number(text);
  if (!(scale >= 1 && scale <= maxTimeScale))
    throw new ArgumentError(`--time-scale takes a number from 1 to ${maxTimeScale}; it was given "${text}".`);
  return scale;
};

const parseWebhooks = (text: string): string[] => {
  const urls = text.split(',').filter((url) => url !== '');
  // An address like that may hold a secret, so it is not repeated.
  if (urls.some((url) => !/^https?:/.test(url) || !URL.canParse(url)))
    throw new ArgumentError('--webhooks takes addresses that begin with http: or https:, separated by commas.');
  return urls;
};

const parseReplacements = (texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    texts.map((text) => {
      const [, name = '', program = ''] = /^([^=]*)=(.+)$/.exec(text) ?? [];
      if (!serviceNames.includes(name) || program.trim() === '')
        throw new ArgumentError(
          `--replace takes SERVICE=PROGRAM, where SERVICE is one of ${serviceNames.join(', ')}; it was given "${text}".`,
        );
      return [name, program.trim()];
    }),
  );
