import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { createApi, parameter, statusOf } from '../../http.js';
import type { LogStore } from '../../store/logs.js';
import { bulk } from './bulk.js';
import { asObject, ElasticError, illegalArgument, type Json, onlyKeys } from './errors.js';
import { countByIndex, withinIndices } from './indices.js';
import { search } from './search.js';

const maxQueryBytes = 1_048_576;
const harmless = [
  'ignore_unavailable',
  'allow_no_indices',
  'expand_wildcards',
  'pretty',
  'preference',
  'request_cache',
  'timeout',
  'format',
  'v',
  'refresh',
  'human',
];
const shards = (total: number): Json => ({ total, successful: total, skipped: 0, failed: 0 });

/** The part of Elasticsearch's HTTP API that reads and writes the log documents; see the README for its extent. */
export const createElasticsearchApi = (
  logs: LogStore,
  options: { maxBulkBytes: number; now: () => number },
): Express => {
  const { maxBulkBytes, now } = options;
  const api = createApi();
  const json = express.json({ type: () => true, limit: maxQueryBytes, strict: false });
  const lines = express.text({ type: () => true, limit: maxBulkBytes });

  // Elasticsearch's own clients talk to nobody who does not say this.
  api.use((_req, res, next) => {
    res.set('X-Elastic-Product', 'Elasticsearch');
    next();
  });
  api.get('/', (_req, res) => void res.json(clusterInfo));

  const answerSearch = (req: Request, res: Response): void => {
    const started = now();
    const body = withUrlParameters(req);
    const { within, count } = target(req);
    const answer = search(logs.segments, body, { within, now: started });
    res.json({ took: Math.max(0, Math.round(now() - started)), timed_out: false, _shards: shards(count), ...answer });
  };
  const answerCount = (req: Request, res: Response): void => {
    const body = withUrlParameters(req);
    onlyKeys(body, 'count', ['query']);
    const { within, count } = target(req);
    const { hits } = search(logs.segments, { ...body, size: 0, track_total_hits: true }, { within, now: now() });
    const { total } = hits as { total: { value: number } };
    res.json({ count: total.value, _shards: shards(count) });
  };
  const target = (req: Request) => {
    const name = req.params.index ?? '_all';
    const within = withinIndices(String(name), logs.segments, parameter(req.query, 'ignore_unavailable') === 'true');
    return { within, count: countByIndex(logs.segments).size };
  };

  for (const path of ['/_search', '/:index/_search']) api.route(path).get(json, answerSearch).post(json, answerSearch);
  for (const path of ['/_count', '/:index/_count']) api.route(path).get(json, answerCount).post(json, answerCount);
  for (const path of ['/_bulk', '/:index/_bulk']) {
    const write = (req: Request, res: Response): void => {
      const index = req.params.index;
      res.json(
        bulk(logs, String(req.body ?? ''), { index: index === undefined ? undefined : String(index), now: now() }),
      );
    };
    api.route(path).post(lines, write).put(lines, write);
  }
  for (const path of ['/_cat/indices', '/_cat/indices/:index']) {
    api.get(path, (req, res) => {
      const rows = catIndices(logs);
      if (parameter(req.query, 'format') === 'json') return void res.json(rows);
      const heads = parameter(req.query, 'v') === undefined || rows[0] === undefined ? [] : [Object.keys(rows[0])];
      const text = [...heads, ...rows.map((row) => Object.values(row))].map((cells) => cells.join(' '));
      res.type('text').send(text.map((line) => `${line}\n`).join(''));
    });
  }
  api.use((req: Request) => {
    throw illegalArgument(`no handler found for uri [${req.path}] and method [${req.method}]`);
  });
  api.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const { type, reason, status } = describe(error);
    res.status(status).json({ error: { root_cause: [{ type, reason }], type, reason }, status });
  });
  return api;
};

const describe = (error: unknown): { type: string; reason: string; status: number } => {
  if (error instanceof ElasticError) return { type: error.type, reason: error.message, status: error.status };
  const status = statusOf(error);
  if (status === 413) return { type: 'content_too_long_exception', reason: 'the body is too large', status };
  if (status < 500) return { type: 'parsing_exception', reason: 'the body is not readable as JSON', status };
  return { type: 'exception', reason: 'internal error', status };
};

// `?q=`, `?size=` and the like stand for the same keys of the body.
const withUrlParameters = (req: Request): Json => {
  const body: Json = req.body === undefined || req.body === '' ? {} : asObject(req.body, 'body');
  const extra: Record<string, unknown> = {};
  for (const name of Object.keys(req.query)) {
    const value = parameter(req.query, name) ?? '';
    if (name === 'q') extra.query = { query_string: { query: value } };
    else if (name === 'size' || name === 'from') extra[name] = value;
    else if (name === 'track_total_hits') extra[name] = /^(true|false)$/.test(value) ? value === 'true' : value;
    else if (name === '_source') extra[name] = /^(true|false)$/.test(value) ? value === 'true' : value.split(',');
    else if (name === 'sort') extra.sort = value.split(',').map(toSort);
    else if (!harmless.includes(name)) {
      throw illegalArgument(`request [${req.path}] contains unrecognized parameter: [${name}]`);
    }
  }
  return { ...body, ...extra };
};

const toSort = (text: string): Json => {
  const [field = '', order = 'asc'] = text.split(':');
  return { [field]: { order } };
};

const catIndices = (logs: LogStore) => {
  const { bytes, held } = logs.stats();
  return [...countByIndex(logs.segments)].map(([index, count]) => {
    const size = `${Math.round((bytes * count) / Math.max(1, held))}b`;
    return {
      health: 'green',
      status: 'open',
      index,
      uuid: index,
      pri: '1',
      rep: '0',
      'docs.count': `${count}`,
      'docs.deleted': '0',
      'store.size': size,
      'pri.store.size': size,
    };
  });
};

const clusterInfo = {
  name: 'glasshouse-embedded',
  cluster_name: 'glasshouse-embedded',
  cluster_uuid: 'glasshouse-embedded',
  version: {
    number: '8.19.0',
    build_flavor: 'embedded',
    build_type: 'embedded',
    build_hash: 'unknown',
    build_snapshot: false,
    lucene_version: '9.12.2',
    minimum_wire_compatibility_version: '7.17.0',
    minimum_index_compatibility_version: '7.0.0',
  },
  tagline: 'You Know, for Search',
};
