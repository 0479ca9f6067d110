import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { createApi, statusOf } from '../http.js';
import { createPromql, type Expression, type Labels, PromqlError, parsePromql, type Value } from '../promql/index.js';
import { type Scraper, scrapeIntervalMs } from '../scrape/scraper.js';
import type { MetricStore } from '../store/metrics.js';
import { argument, durationArgument, invalid, matchArguments, timeArgument } from './prometheus-parameters.js';

const maxQueryLength = 16_384;
const maxPointsPerSeries = 11_000;
const maxTimeoutMs = 10_000;
const statuses = { bad_data: 400, execution: 422, timeout: 503 };

export interface PrometheusApiOptions {
  metrics: MetricStore;
  scraper: Pick<Scraper, 'targets'>;
  /** Epoch milliseconds. */
  now: () => number;
  /** Serves `/api/v1/rules` and `/api/v1/alerts`. */
  rules?: Router | undefined;
}

/** Prometheus' HTTP API, as Grafana and the console ask it. What is not supported is refused in its error form. */
export const createPrometheusApi = ({ metrics, scraper, now, rules }: PrometheusApiOptions): Express => {
  const api = createApi();
  const form = express.urlencoded({ extended: false, limit: 65_536 });
  const expressionOf = (req: Request): Expression => {
    const text = argument(req, 'query');
    if (text.length > maxQueryLength) throw invalid('query', 'it is too long');
    return parsePromql(text);
  };
  const promqlFor = (req: Request) => {
    const timeoutMs = argument(req, 'timeout') === '' ? maxTimeoutMs : durationArgument(req, 'timeout');
    if (argument(req, 'lookback_delta') !== '') throw invalid('lookback_delta', 'it is not supported');
    return createPromql(metrics, Math.min(timeoutMs, maxTimeoutMs));
  };
  const labelsOf = (req: Request): Labels[] => {
    const [start, end] = [timeArgument(req, 'start', 0), timeArgument(req, 'end', Number.POSITIVE_INFINITY)];
    const selectors = matchArguments(req);
    const series = (selectors.length > 0 ? selectors : [[]]).flatMap((matchers) => metrics.select(matchers));
    const wanted = series.filter(({ firstAt, lastAt }) => firstAt <= end && lastAt >= start);
    return [...new Set(wanted)].map(({ labels }) => labels);
  };
  const sortedSet = (values: readonly string[]): string[] => [...new Set(values)].sort();

  const read = (path: string, answer: (req: Request) => unknown): void => {
    const handle = (req: Request, res: Response): void => succeed(res, answer(req));
    api.route(path).get(handle).post(form, handle);
  };
  read('/api/v1/query', (req) => {
    const at = timeArgument(req, 'time', now());
    return toJson(promqlFor(req).query(expressionOf(req), at), at);
  });
  read('/api/v1/query_range', (req) => {
    const [start, end, step] = [timeArgument(req, 'start'), timeArgument(req, 'end'), durationArgument(req, 'step')];
    if (end < start) throw invalid('end', 'end timestamp must not be before start time');
    if ((end - start) / step > maxPointsPerSeries)
      throw new PromqlError(
        'bad_data',
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      );
    return toJson(promqlFor(req).queryRange(expressionOf(req), start, end, step), end);
  });
  read('/api/v1/query_exemplars', (req) => {
    const [start, end] = [timeArgument(req, 'start', 0), timeArgument(req, 'end', now())];
    const found = selectorsOf(expressionOf(req)).flatMap((matchers) => metrics.exemplars(matchers, start, end));
    return found.map(({ labels: seriesLabels, exemplars }) => ({
      seriesLabels,
      exemplars: exemplars.map(({ labels, value, timestamp }) => ({ labels, value: toText(value), timestamp })),
    }));
  });
  read('/api/v1/series', (req) => {
    if (matchArguments(req).length === 0) throw new PromqlError('bad_data', 'no match[] parameter provided');
    return labelsOf(req);
  });
  read('/api/v1/labels', (req) => sortedSet(labelsOf(req).flatMap(Object.keys)));
  read('/api/v1/label/:name/values', (req) =>
    sortedSet(labelsOf(req).flatMap((labels) => labels[String(req.params.name)] ?? [])),
  );
  read('/api/v1/metadata', (req) => {
    const [metric, limit] = [argument(req, 'metric'), argument(req, 'limit')];
    const known = [...metrics.metadata()].filter(([name]) => metric === '' || name === metric);
    return Object.fromEntries(
      known.slice(0, limit === '' ? undefined : Number(limit)).map(([name, one]) => [name, [one]]),
    );
  });
  read('/api/v1/targets', () => ({
    activeTargets: scraper.targets().map((target) => ({
      discoveredLabels: {},
      labels: target.labels,
      scrapePool: target.service,
      scrapeUrl: target.scrapeUrl,
      globalUrl: target.scrapeUrl,
      lastError: target.error,
      lastScrape: new Date(target.lastScrape).toISOString(),
      lastScrapeDuration: target.durationS,
      health: target.health,
      scrapeInterval: `${scrapeIntervalMs / 1_000}s`,
      scrapeTimeout: `${scrapeIntervalMs / 1_000}s`,
    })),
    droppedTargets: [],
    droppedTargetCounts: {},
  }));
  // Grafana asks which Prometheus it speaks to, and offers what that one knows.
  read('/api/v1/status/buildinfo', () => ({
    version: '2.42.0',
    revision: 'embedded',
    branch: '',
    goVersion: '',
    buildUser: '',
    buildDate: '',
  }));
  for (const state of ['Healthy', 'Ready'])
    api.get(`/-/${state.toLowerCase()}`, (_req, res) => void res.type('text').send(`Prometheus Server is ${state}.\n`));
  if (rules) api.use(rules);
  api.use((req: Request, res: Response) =>
    fail(res, 404, 'not_found', `${req.path} is not served by the embedded backend`),
  );
  api.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    if (error instanceof PromqlError) return fail(res, statuses[error.errorType], error.errorType, error.message);
    const status = statusOf(error);
    if (status < 500) return fail(res, status, 'bad_data', error instanceof Error ? error.message : 'bad request');
    fail(res, status, 'internal', 'internal error');
  });
  return api;
};

const succeed = (res: Response, data: unknown): void => void res.json({ status: 'success', data });

const fail = (res: Response, status: number, errorType: string, error: string): void => {
  res.status(status).json({ status: 'error', errorType, error });
};

const selectorsOf = (expression: Expression): Extract<Expression, { kind: 'selector' }>['matchers'][] => {
  switch (expression.kind) {
    case 'selector':
      return [expression.matchers];
    case 'binary':
      return [expression.left, expression.right].flatMap(selectorsOf);
    case 'call':
    case 'aggregation':
      return expression.args.flatMap(selectorsOf);
    case 'negation':
    case 'subquery':
      return selectorsOf(expression.of);
    default:
      return [];
  }
};

const toJson = (value: Value, at: number) => {
  const point = (number: number, time = at) => [time / 1_000, toText(number)];
  switch (value.type) {
    case 'scalar':
      return { resultType: 'scalar', result: point(value.value) };
    case 'string':
      return { resultType: 'string', result: [at / 1_000, value.value] };
    case 'vector':
      return {
        resultType: 'vector',
        result: value.samples.map(({ labels, value }) => ({ metric: labels, value: point(value) })),
      };
    default:
      return {
        resultType: 'matrix',
        result: value.series.map(({ labels, points }) => ({
          metric: labels,
          values: points.map((one) => point(one.value, one.at)),
        })),
      };
  }
};

/** As Go writes it, whose exponents have two digits at least. */
const toText = (value: number): string => {
  if (Number.isFinite(value)) return String(value).replace(/e([-+])(\d)$/, 'e$10$2');
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
};
