import { type RequestOptions, requestJson } from './request-json.js';

export type Labels = Readonly<Record<string, string>>;

/** A value of a series at one time. */
export interface Sample {
  readonly labels: Labels;
  /** NaN and infinities are values, too. */
  readonly value: number;
}

export interface Point {
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly value: number;
}

export interface Series {
  readonly labels: Labels;
  readonly points: readonly Point[];
}

/** One observation of a histogram, and the trace that it belongs to. */
export interface Exemplar {
  /** Of the series, `__name__` included. */
  readonly labels: Labels;
  readonly traceId: string;
  readonly value: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export interface Alert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'pending' | 'firing' | 'inactive';
  /** RFC 3339. */
  readonly activeAt: string;
  readonly value: string;
}

export interface Rule {
  readonly name: string;
  readonly query: string;
  readonly type: 'alerting' | 'recording';
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly state?: Alert['state'];
  readonly alerts?: readonly Alert[];
  readonly health: string;
  readonly lastError?: string;
}

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly Rule[];
}

export interface MetricDescription {
  readonly type: string;
  readonly help: string;
}

export interface LabelOptions extends RequestOptions {
  /** Only of the series that this selects. */
  readonly match?: string;
}

export interface PrometheusClient {
  /** The value of an expression now, or at a time in epoch milliseconds; a scalar is one sample without labels. */
  query(expression: string, atMs?: number, options?: RequestOptions): Promise<Sample[]>;
  queryRange(
    expression: string,
    startMs: number,
    endMs: number,
    stepMs: number,
    options?: RequestOptions,
  ): Promise<Series[]>;
  /** The exemplars of every histogram that an expression selects. */
  exemplars(expression: string, startMs: number, endMs: number, options?: RequestOptions): Promise<Exemplar[]>;
  alerts(options?: RequestOptions): Promise<Alert[]>;
  rules(options?: RequestOptions): Promise<RuleGroup[]>;
  labelNames(options?: LabelOptions): Promise<string[]>;
  labelValues(name: string, options?: LabelOptions): Promise<string[]>;
  metricNames(options?: RequestOptions): Promise<string[]>;
  /** By the names of the metrics. */
  metadata(options?: RequestOptions): Promise<Readonly<Record<string, MetricDescription>>>;
}

type RawPoint = readonly [atS: number, value: string];

type RawResult =
  | { readonly resultType: 'vector'; readonly result: readonly { readonly metric: Labels; readonly value: RawPoint }[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: RawPoint };

interface RawMatrix {
  readonly result: readonly { readonly metric: Labels; readonly values: readonly RawPoint[] }[];
}

interface RawExemplars {
  readonly seriesLabels: Labels;
  readonly exemplars: readonly { readonly labels: Labels; readonly value: string; readonly timestamp: number }[];
}

/**
 * Prometheus's HTTP API (prometheus.io/docs/prometheus/latest/querying/api).
 * @param baseUrl what stands before `/query`, such as `http://127.0.0.1:9090/api/v1`
 */
export const createPrometheusClient = (baseUrl: string): PrometheusClient => {
  const get = async <T>(path: string, parameters: Labels = {}, options?: RequestOptions): Promise<T> => {
    const search = new URLSearchParams(parameters).toString();
    const url = `${baseUrl}${path}${search === '' ? '' : `?${search}`}`;
    return ((await requestJson('prometheus', url, options)) as { readonly data: T }).data;
  };
  return {
    async query(query, atMs, options) {
      const time = atMs === undefined ? {} : { time: toSeconds(atMs) };
      return readSamples(await get<RawResult>('/query', { query, ...time }, options));
    },
    async queryRange(query, startMs, endMs, stepMs, options) {
      const range = { start: toSeconds(startMs), end: toSeconds(endMs), step: toSeconds(stepMs) };
      const { result } = await get<RawMatrix>('/query_range', { query, ...range }, options);
      return result.map(({ metric, values }) => ({ labels: metric, points: values.map(readPoint) }));
    },
    async exemplars(query, startMs, endMs, options) {
      const range = { start: toSeconds(startMs), end: toSeconds(endMs) };
      const found = await get<readonly RawExemplars[]>('/query_exemplars', { query, ...range }, options);
      return found.flatMap(readExemplars);
    },
    async alerts(options) {
      return (await get<{ readonly alerts: Alert[] }>('/alerts', {}, options)).alerts;
    },
    async rules(options) {
      return (await get<{ readonly groups: RuleGroup[] }>('/rules', {}, options)).groups;
    },
    labelNames: (options) => get('/labels', toMatch(options), options),
    labelValues: (name, options) => get(`/label/${encodeURIComponent(name)}/values`, toMatch(options), options),
    metricNames: (options) => get('/label/__name__/values', {}, options),
    async metadata(options) {
      const found = await get<Readonly<Record<string, readonly MetricDescription[]>>>('/metadata', {}, options);
      return Object.fromEntries(
        Object.entries(found).flatMap(([name, [first]]) => (first === undefined ? [] : [[name, first]])),
      );
    },
  };
};

const toMatch = ({ match }: LabelOptions = {}): Labels => (match === undefined ? {} : { 'match[]': match });

/** Prometheus counts time in seconds; milliseconds stand behind the point. */
const toSeconds = (ms: number): string => String(Math.round(ms) / 1_000);

const readValue = (text: string): number => {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
};

const readPoint = ([atS, value]: RawPoint): Point => ({ atMs: Math.round(atS * 1_000), value: readValue(value) });

const readSamples = (answer: RawResult): Sample[] => {
  if (answer.resultType === 'vector') {
    return answer.result.map(({ metric, value }) => ({ labels: metric, value: readValue(value[1]) }));
  }
  return [{ labels: {}, value: readValue(answer.result[1]) }];
};

/** OpenMetrics and OpenTelemetry write `trace_id`, older clients `traceID`. */
const readExemplars = ({ seriesLabels, exemplars }: RawExemplars): Exemplar[] =>
  exemplars.flatMap(({ labels, value, timestamp }) => {
    const traceId = labels.trace_id ?? labels.traceID;
    if (traceId === undefined) return [];
    return [{ labels: seriesLabels, traceId, value: readValue(value), atMs: Math.round(timestamp * 1_000) }];
  });
