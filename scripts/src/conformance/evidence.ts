import { eventually } from '../verify/check.js';
import { askJson, askText } from '../verify/http.js';

export interface Span {
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly followsFrom: readonly string[];
  readonly service: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, unknown>>;
  /** The fields of each event. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

export type LogRecord = Readonly<Record<string, unknown>>;

/** What the service has told, by the three query APIs, as anybody with Jaeger, Kibana and Prometheus would read it. */
export interface Evidence {
  /** The service's spans of a trace once `isEnough` says so. @throws Error when that never comes */
  spans(traceId: string, what: string, isEnough: (spans: readonly Span[]) => boolean): Promise<readonly Span[]>;
  /** The service's records of a trace once `isEnough` says so. */
  records(traceId: string, what: string, isEnough: (records: readonly LogRecord[]) => boolean): Promise<LogRecord[]>;
  /** The service's records with this value in a field, once there are some. */
  recordsWith(fields: Readonly<Record<string, string>>): Promise<LogRecord[]>;
  /** Those that have arrived by now. */
  arrived(traceId: string): Promise<{ spans: readonly Span[]; records: readonly LogRecord[] }>;
  /** The value of an instant query's first series. */
  query(text: string): Promise<number>;
}

export interface Backends {
  readonly jaeger: string;
  readonly elasticsearch: string;
  readonly prometheus: string;
}

interface Tag {
  readonly key: string;
  readonly value: unknown;
}

interface JaegerTrace {
  readonly spans: readonly {
    readonly spanID: string;
    readonly operationName: string;
    readonly references: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[];
    readonly tags: readonly Tag[];
    readonly logs: readonly { readonly fields: readonly Tag[] }[] | null;
    readonly processID: string;
  }[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags?: readonly Tag[] }>>;
}

const deadlineMs = 6_000;

export const createEvidence = (service: string, { jaeger, elasticsearch, prometheus }: Backends): Evidence => {
  const findSpans = async (traceId: string): Promise<Span[]> => {
    // Jaeger answers 404 to a trace that it does not know yet.
    const response = await fetch(`${jaeger}/api/traces/${traceId}`, { signal: AbortSignal.timeout(deadlineMs) });
    if (!response.ok) return [];
    const { data } = (await response.json()) as { data: JaegerTrace[] };
    return data.flatMap(toSpans).filter((span) => span.service === service);
  };
  const search = async (fields: Readonly<Record<string, string>>): Promise<LogRecord[]> => {
    const terms = Object.entries({ ...fields, 'service.name': service }).map(([name, value]) => ({
      term: { [name]: value },
    }));
    const { hits } = await askJson<{ hits: { hits: { _source: LogRecord }[] } }>(
      `${elasticsearch}/glasshouse-logs-*/_search`,
      { body: { size: 500, query: { bool: { filter: terms } }, sort: [{ '@timestamp': 'asc' }] } },
    );
    return hits.hits.map(({ _source }) => _source);
  };
  return {
    spans: (traceId, what, isEnough) => until({ what, where: atJaeger, find: () => findSpans(traceId), isEnough }),
    records: (traceId, what, isEnough) =>
      until({ what, where: atElasticsearch, find: () => search({ 'trace.id': traceId }), isEnough }),
    recordsWith: (fields) =>
      until({
        what: `record of ${JSON.stringify(fields)}`,
        where: atElasticsearch,
        find: () => search(fields),
        isEnough: (found) => found.length > 0,
      }),
    arrived: async (traceId) => ({ spans: await findSpans(traceId), records: await search({ 'trace.id': traceId }) }),
    async query(text) {
      const url = `${prometheus}/api/v1/query?query=${encodeURIComponent(text)}`;
      const { data } = await askJson<{ data: { result: { value: [number, string] }[] } }>(url);
      return Number(data.result[0]?.value[1]);
    },
  };
};

/** Where something did not arrive, and the usual reason. */
const atJaeger = 'in Jaeger; was the service started with the JAEGER_ENDPOINT of that backend?';
const atElasticsearch = 'in Elasticsearch; was the service started with the FLUENTD_URL of that backend?';

interface Wanted<T> {
  readonly what: string;
  readonly where: string;
  find(): Promise<readonly T[]>;
  isEnough(all: readonly T[]): boolean;
}

const until = async <T>({ what, where, find, isEnough }: Wanted<T>): Promise<T[]> => {
  const whole = async (): Promise<T[] | undefined> => {
    const found = await find();
    return isEnough(found) ? [...found] : undefined;
  };
  try {
    return await eventually(what, whole, deadlineMs);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)} ${where}`, { cause: error });
  }
};

const toRecord = (tags: readonly Tag[]): Record<string, unknown> =>
  Object.fromEntries(tags.map(({ key, value }) => [key, value]));

const toSpans = ({ spans, processes }: JaegerTrace): Span[] =>
  spans.map(({ spanID, operationName, references, tags, logs, processID }) => ({
    spanId: spanID,
    parentId: references.find(({ refType }) => refType === 'CHILD_OF')?.spanID,
    followsFrom: references.filter(({ refType }) => refType === 'FOLLOWS_FROM').map(({ traceID }) => traceID),
    service: processes[processID]?.serviceName ?? '',
    name: operationName,
    tags: { ...toRecord(processes[processID]?.tags ?? []), ...toRecord(tags) },
    events: (logs ?? []).map(({ fields }) => toRecord(fields)),
  }));

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** The trace id of its exemplar. */
  readonly traceId: string | undefined;
}

export interface Exposition {
  readonly text: string;
  readonly types: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*?)\})? ([^\s#]+)(?: \d+(?:\.\d+)?)?(?: # \{(.*?)\} .*)?$/;

/** Reads /metrics. @throws Error that names the first line that is none of the format */
export const readMetrics = async (admin: string, accept?: string): Promise<Exposition> => {
  const text = await askText(`${admin}/metrics`, accept === undefined ? {} : { headers: { accept } });
  const types: Record<string, string> = {};
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const [, family = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (family !== '') types[family] = type;
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', labels = '', value = '', exemplar = ''] = sampleLine.exec(line) ?? [];
    if (name === '') throw new Error(`this line is no sample: ${line.slice(0, 120)}`);
    const traceId = /trace_id="([0-9a-f]+)"/.exec(exemplar)?.[1];
    samples.push({ name, labels: toLabels(labels), value: Number(value), traceId });
  }
  return { text, types, samples };
};

const toLabels = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );

/** The sum of a metric's samples with these labels. */
export const sumOf = ({ samples }: Exposition, name: string, labels: Readonly<Record<string, string>> = {}): number =>
  samples
    .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
