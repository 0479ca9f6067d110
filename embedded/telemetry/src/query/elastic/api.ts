import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { createApi, parameter, statusOf } from '../../http.js';
import type { LogStore } from '../../store/logs.js';
import { bulk } from './bulk.js';
import { asObject, ElasticError, illegalArgument, type Json, onlyKeys, parsingError } from './errors.js';
import { countByIndex, indexTest, withinIndices } from './indices.js';
import { search } from './search.js';

const maxQueryBytes = 1_048_576;
const maxQueryDepth = 100;
// Parameters that change nothing here: there is one shard, always fresh, and JSON is written one way.
const harmless = ['allow_no_indices', 'expand_wildcards', 'pretty', 'preference', 'request_cache', 'timeout'];

export interface ElasticsearchApiOptions {
  logs: LogStore;
  maxBulkBytes: number;
  /** Epoch milliseconds. */
  now: () => number;
}

/** The part of Elasticsearch's HTTP API that reads and writes the log documents; the README tells its extent. */
export const createElasticsearchApi = ({ logs, maxBulkBytes, now }: ElasticsearchApiOptions): Express => {
  const api = createApi();
  const json = express.json({ type: () => true, limit: maxQueryBytes, strict: false });
  const lines = express.text({ type: () => true, limit: maxBulkBytes });

  // Elasticsearch's own clients talk to nobody who does not say this.
  api.use((_req, res, next) => {
    res.set('X-Elastic-Product', 'Elasticsearch');
    next();
  });
  api.get('/', (_req, res) => void res.json(clusterInfo));

  const run = (req: Request, body: Json): { answer: Json; shards: Json } => {
    const held = [...countByIndex(logs.segments).keys()];
    const within = withinIndices(targetOf(req) ?? '_all', held, parameter(req.query, 'ignore_unavailable') === 'true');
    const shards = { total: held.length, successful: held.length, skipped: 0, failed: 0 };
    return { answer: search(logs.segments, body, { within, now: now() }), shards };
  };
  const answerSearch = (req: Request, res: Response): void => {
    const started = now();
    const { answer, shards } = run(req, bodyOf(req));
    res.json({ took: Math.max(0, now() - started), timed_out: false, _shards: shards, ...answer });
  };
  const answerCount = (req: Request, res: Response): void => {
    const body = bodyOf(req);
    onlyKeys(body, 'count', ['query']);
    const { answer, shards } = run(req, { ...body, size: 0, track_total_hits: true });
    const { total } = answer.hits as { total: { value: number } };
    res.json({ count: total.value, _shards: shards });
  };
  const answerBulk = (req: Request, res: Response): void => {
    res.json(bulk(logs, typeof req.body === 'string' ? req.body : '', { index: targetOf(req), now: now() }));
  };
  const answerCat = (req: Request, res: Response): void => {
    const other = Object.keys(req.query).find((name) => name !== 'format' && name !== 'v');
    if (other !== undefined) throw illegalArgument(`request [${req.path}] contains unrecognized parameter: [${other}]`);
    const isMeant = indexTest(targetOf(req) ?? '_all');
    const rows = toCatRows(logs).filter(({ index }) => isMeant(index));
    if (parameter(req.query, 'format') === 'json') return void res.json(rows);
    const heads = parameter(req.query, 'v') === undefined ? [] : rows.slice(0, 1).map((row) => Object.keys(row));
    const table = [...heads, ...rows.map((row) => Object.values(row))];
    res.type('text').send(table.map((cells) => `${cells.join(' ')}\n`).join(''));
  };

  for (const index of ['', '/:index']) {
    api.route(`${index}/_search`).get(json, answerSearch).post(json, answerSearch);
    api.route(`${index}/_count`).get(json, answerCount).post(json, answerCount);
    api.route(`${index}/_bulk`).post(lines, answerBulk).put(lines, answerBulk);
    api.get(`/_cat/indices${index}`, answerCat);
  }
  api.use((req: Request) => {
    throw illegalArgument(`no handler found for uri [${req.path}] and method [${req.method}]`);
  });
  api.use((error: unknown, req: Request, res: Response, _next: NextFunction) => {
    const { type, reason, status } = describe(error);
    const cause = { type, reason };
    const isOfShards = shardErrors.includes(type) && /\/_(search|count)$/.test(req.path);
    res.status(status).json({ error: { root_cause: [cause], ...(isOfShards ? asOfShards(cause) : cause) }, status });
  });
  return api;
};

const describe = (error: unknown): { type: string; reason: string; status: number } => {
  if (error instanceof ElasticError) return { type: error.type, reason: error.message, status: error.status };
  const status = statusOf(error);
  if (status === 413) return { type: 'content_too_long_exception', reason: 'the body is too large', status };
  if (status < 500) return { type: 'parsing_exception', reason: 'the request is not readable', status };
  return { type: 'exception', reason: 'internal error', status };
};

/** What only shows when a query meets the data is told by the shards, each for itself. */
const shardErrors = ['query_shard_exception', 'parse_exception'];

const asOfShards = (reason: Json): Json => ({
  type: 'search_phase_execution_exception',
  reason: 'all shards failed',
  phase: 'query',
  grouped: true,
  failed_shards: [{ shard: 0, reason }],
});

const targetOf = (req: Request): string | undefined => {
  const { index } = req.params;
  return typeof index === 'string' ? index : undefined;
};

// `?q=`, `?size=` and the like stand for the same keys of the body.
const bodyOf = (req: Request): Json => {
  const body: Json = req.body === undefined ? {} : asObject(req.body, 'body');
  if (isDeeper(body, maxQueryDepth)) throw parsingError(`the body is nested deeper than ${maxQueryDepth} levels`);
  const extra: Record<string, unknown> = {};
  for (const name of Object.keys(req.query)) {
    const value = parameter(req.query, name) ?? '';
    const flag = value === 'true' || value === 'false' ? value === 'true' : undefined;
    if (name === 'q') extra.query = { query_string: { query: value } };
    else if (name === 'size' || name === 'from') extra[name] = value;
    else if (name === 'track_total_hits') extra[name] = flag ?? value;
    else if (name === '_source') extra[name] = flag ?? value.split(',');
    else if (name === 'sort') extra.sort = value.split(',').map(toSort);
    else if (name !== 'ignore_unavailable' && !harmless.includes(name)) {
      throw illegalArgument(`request [${req.path}] contains unrecognized parameter: [${name}]`);
    }
  }
  return { ...body, ...extra };
};

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1)));

const toSort = (text: string): Json => {
  const [field = '', order = 'asc'] = text.split(':');
  return { [field]: { order } };
};

const toCatRows = (logs: LogStore) => {
  const { bytes, held } = logs.stats();
  return [...countByIndex(logs.segments)].map(([index, count]) => {
    const size = `${Math.round((bytes * count) / held)}b`;
    const counts = { 'docs.count': `${count}`, 'docs.deleted': '0', 'store.size': size, 'pri.store.size': size };
    return { health: 'green', status: 'open', index, uuid: index, pri: '1', rep: '0', ...counts };
  });
};

const clusterInfo = {
  name: 'glasshouse-embedded',
  cluster_name: 'glasshouse-embedded',
  cluster_uuid: 'glasshouse-embedded',
  version: { number: '8.19.0', build_flavor: 'embedded', lucene_version: '9.12.2' },
  tagline: 'You Know, for Search',
};
