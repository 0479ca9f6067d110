import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { createApi, parameter, statusOf } from '../http.js';
import { parseSeries } from '../scrape/parse.js';
import { type Scraper, scrapeIntervalMs } from '../scrape/scraper.js';
import type { Labels, MetricStore } from '../store/metrics.js';

const maxQueryLength = 4_096;

class BadData extends Error {
  readonly status = 400;
}

/**
 * What there is of Prometheus' HTTP API so far: `query` and `query_exemplars` for one plain selector, and `targets`.
 * Everything else of PromQL is refused in Prometheus' error form.
 */
export const createPrometheusApi = (metrics: MetricStore, scraper: Scraper, now: () => number): Express => {
  const api = createApi();
  const form = express.urlencoded({ extended: false, limit: 65_536 });

  const answerQuery = (req: Request, res: Response): void => {
    const at = toTime(argument(req, 'time'), 'time') ?? now();
    const samples = metrics.select(parseSelector(argument(req, 'query') ?? ''), at);
    const result = samples.map(({ labels, value }) => ({ metric: labels, value: [at / 1_000, toText(value)] }));
    succeed(res, { resultType: 'vector', result });
  };
  const answerExemplars = (req: Request, res: Response): void => {
    const wanted = parseSelector(argument(req, 'query') ?? '');
    const from = toTime(argument(req, 'start'), 'start') ?? 0;
    const to = toTime(argument(req, 'end'), 'end') ?? now();
    const found = metrics.exemplars(wanted, from, to).map(({ labels: seriesLabels, exemplars }) => ({
      seriesLabels,
      exemplars: exemplars.map(({ labels, value, timestamp }) => ({ labels, value: toText(value), timestamp })),
    }));
    succeed(res, found);
  };
  api.route('/api/v1/query').get(answerQuery).post(form, answerQuery);
  api.route('/api/v1/query_exemplars').get(answerExemplars).post(form, answerExemplars);
  api.get('/api/v1/targets', (_req, res) => {
    const activeTargets = scraper.targets().map((target) => ({
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
    }));
    succeed(res, { activeTargets, droppedTargets: [], droppedTargetCounts: {} });
  });
  api.use((req: Request, res: Response) =>
    fail(res, 404, 'not_found', `${req.path} is not served by the embedded backend`),
  );
  api.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
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

const argument = (req: Request, name: string): string | undefined =>
  parameter(req.body ?? {}, name) ?? parameter(req.query, name);

// Epoch seconds or RFC 3339, as Prometheus takes them.
const toTime = (text: string | undefined, name: string): number | undefined => {
  if (text === undefined) return undefined;
  const time = /^[\d.]+$/.test(text) ? Number(text) * 1_000 : Date.parse(text);
  if (Number.isNaN(time))
    throw new BadData(`invalid parameter "${name}": cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return time;
};

const toText = (value: number): string => {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
};

const missing: readonly (readonly [RegExp, string])[] = [
  [/=~|!~|!=/, 'the matchers !=, =~ and !~'],
  [/\[[^\]]*:[^\]]*\]/, 'subqueries'],
  [/\[/, 'range vectors'],
  [/\boffset\b|@/, 'offset and @'],
  [/\(/, 'functions, aggregations and parentheses'],
  [/[-+*/%^<>]|==|\b(and|or|unless)\b/, 'operators'],
];

/** `name{label="value",...}` as the labels to look for. Throws what PromQL has and this does not, by name. */
export const parseSelector = (query: string): Labels => {
  const text = query.trim();
  if (text.length > maxQueryLength) throw new BadData('invalid parameter "query": it is too long');
  const isPlain = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\s*\{.*\})?$/s.test(text);
  try {
    if (isPlain) {
      const { name, labels } = parseSeries(text.replace(/\s*\{/, '{').replace(/,\s*\}$/, '}'));
      return { ...labels, __name__: name };
    }
  } catch {}
  // Quoted values may contain anything.
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/gs, '""');
  const [, what] = missing.find(([pattern]) => pattern.test(bare)) ?? [];
  const cause =
    what === undefined
      ? 'only name{label="value",...} is understood'
      : `${what} are not supported yet; only name{label="value",...} is`;
  throw new BadData(`invalid parameter "query": ${cause} by the embedded backend`);
};
