import { parseArgs } from 'node:util';

export interface Arguments {
  /** Added to every port; 'auto' picks one at which all ports are free. */
  readonly offset: number | 'auto';
  readonly isSingle: boolean;
  readonly isFresh: boolean;
  readonly dataDirectory: string;
}

export const help = `npm start -- [options]

Starts the whole shop with nothing but Node: the document store, the telemetry backend,
the gateway and its services. Ctrl-C ends everything cleanly; a second Ctrl-C at once.

  --offset N      adds N to every port, so that it runs beside another one; "auto" picks a free N
  --single        everything in one process: starts faster and takes less memory
  --fresh         begins with empty data; the data that was there is kept aside
  --data DIR      the folder for data, secrets and log files (default: .data)
  --help          this text

One variable of one service is set with SERVICE__NAME, for instance:
  ORDER__LOG_LEVEL=debug npm start
`;

export class ArgumentError extends Error {}

/** Reads the command line. Throws an ArgumentError that says what is wrong and what is expected; undefined is --help. */
export const parseArguments = (argv: readonly string[], root: string): Arguments | undefined => {
  const values = readOptions(argv);
  if (values.help === true) return undefined;
  return {
    offset: parseOffset(values.offset ?? '0'),
    isSingle: values.single === true,
    isFresh: values.fresh === true,
    dataDirectory: values.data ?? `${root}/.data`,
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
