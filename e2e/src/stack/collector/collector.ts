import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startTool, type ToolProcess, toolPath } from '../tool.js';

/** A log record as the Collector understood it, put back into the form in which a service makes it. */
export interface Received {
  readonly tag: unknown;
  /** Nanoseconds since 1970, more than a number holds. */
  readonly time: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** One value of OTLP's JSON. */
interface Value {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}

interface LogRecord {
  readonly timeUnixNano: string;
  readonly body: Value;
  readonly attributes: readonly { readonly key: string; readonly value: Value }[];
}

const readValue = ({ stringValue, intValue, doubleValue, boolValue }: Value): unknown =>
  stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue) : Number(intValue));

const toReceived = ({ timeUnixNano, body, attributes }: LogRecord): Received => {
  const { 'fluent.tag': tag, ...record } = Object.fromEntries(
    attributes.map(({ key, value }) => [key, readValue(value)]),
  );
  return { tag, time: timeUnixNano, record: { ...record, message: readValue(body) } };
};

interface Batch {
  readonly resourceLogs: readonly { readonly scopeLogs: readonly { readonly logRecords: readonly LogRecord[] }[] }[];
}

const readBatch = (line: string): Batch | undefined => {
  try {
    return JSON.parse(line) as Batch;
  } catch {
    // The Collector was killed while it wrote, so nobody was told that it has this one.
    return undefined;
  }
};

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** A real Collector that writes what it takes into files of a folder, a new one at each start. */
export const createCollector = (folder: string, port: number) => {
  let starts = 0;
  return {
    url: `tcp://127.0.0.1:${port}`,
    async start(): Promise<ToolProcess> {
      const file = join(folder, `${++starts}.jsonl`);
      const config = join(folder, `${starts}.config.json`);
      await mkdir(folder, { recursive: true });
      await writeFile(
        config,
        JSON.stringify({
          receivers: { fluent_forward: { endpoint: `127.0.0.1:${port}` } },
          // With rotation it writes each batch before it says so; without, some seconds later.
          exporters: { file: { path: file, rotation: { max_megabytes: 100 } } },
          service: {
            telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
            pipelines: { logs: { receivers: ['fluent_forward'], exporters: ['file'] } },
          },
        }),
      );
      return startTool({
        name: 'OpenTelemetry Collector',
        command: toolPath('collector'),
        args: ['--config', config],
        isReady: () => accepts(port),
      });
    },
    /** All that it has written, from its first start on. */
    async received(): Promise<Received[]> {
      const files = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
      const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
      return texts
        .flatMap((text) => text.split('\n'))
        .flatMap((line) => readBatch(line)?.resourceLogs ?? [])
        .flatMap(({ scopeLogs }) => scopeLogs)
        .flatMap(({ logRecords }) => logRecords.map(toReceived));
    },
  };
};

export type Collector = ReturnType<typeof createCollector>;
