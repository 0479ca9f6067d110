import type { Express, NextFunction, Request, Response } from 'express';
import { createApi, parameter, parameters, statusOf } from '../http.js';
import type { SpanQuery, SpanStore } from '../store/spans.js';
import { toJaegerTrace } from './jaeger-trace.js';

class BadRequest extends Error {
  readonly status = 400;
}

/**
 * Jaeger's query API as its own user interface asks it (cmd/query/app/http_handler.go of Jaeger 1.x and 2.x).
 * Times are epoch microseconds, of dependencies milliseconds; durations are Go's, `1.5ms`.
 */
export const createJaegerQuery = (spans: SpanStore, now: () => number): Express => {
  const api = createApi();
  api.get('/api/services', (_req, res) => answer(res, spans.services(), { isCounted: true }));
  api.get('/api/services/:service/operations', (req, res) => {
    const names = spans.operations(req.params.service).map(({ name }) => name);
    answer(res, [...new Set(names)], { isCounted: true });
  });
  api.get('/api/operations', (req, res) => {
    const service = parameter(req.query, 'service');
    if (!service) throw new BadRequest("parameter 'service' is required");
    const spanKind = parameter(req.query, 'spanKind');
    const operations = spans.operations(service).filter((one) => !spanKind || one.spanKind === spanKind);
    answer(res, operations, { isCounted: true });
  });
  api.get('/api/traces', (req, res) => {
    const ids = parameters(req.query, 'traceID').map(toTraceId);
    if (ids.length === 0) return answer(res, spans.find(toQuery(req.query, now())).map(toJaegerTrace));
    const found = spans.traces(ids);
    const missing = ids.filter((id) => !found.has(id));
    const errors = missing.map((traceID) => ({ msg: 'trace not found', traceID }));
    answer(res, [...found.values()].map(toJaegerTrace), { errors: errors.length > 0 ? errors : null });
  });
  api.get('/api/traces/:id', (req, res) => {
    const id = toTraceId(req.params.id);
    const trace = spans.traces([id]).get(id);
    if (trace === undefined) return fail(res, 404, 'trace not found');
    answer(res, [toJaegerTrace(trace)]);
  });
  api.get('/api/dependencies', (req, res) => {
    const end = toInteger(req.query, 'endTs') ?? now();
    const lookback = toInteger(req.query, 'lookback') ?? 86_400_000;
    const service = parameter(req.query, 'service');
    const links = spans.dependencies((end - lookback) * 1_000, end * 1_000);
    answer(
      res,
      links.filter(({ parent, child }) => !service || parent === service || child === service),
    );
  });
  return api;
};

/** Jaeger's error form, for whatever a handler threw and for paths that are not served. */
export const addJaegerErrors = (api: Express): void => {
  api.use((req: Request, res: Response) => fail(res, 404, `${req.path} is not served here`));
  api.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const status = statusOf(error);
    fail(res, status, status < 500 && error instanceof Error ? error.message : 'internal error');
  });
};

const answer = (res: Response, data: unknown[], { isCounted = false, errors = null as unknown } = {}): void => {
  res.json({ data, total: isCounted ? data.length : 0, limit: 0, offset: 0, errors });
};

const fail = (res: Response, code: number, msg: string): void => {
  res.status(code).json({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] });
};

const toTraceId = (text: string): string => {
  if (!/^[0-9a-f]{1,32}$/i.test(text)) {
    const cause = text.length > 32 ? 'TraceID cannot be longer than 32 hex characters' : 'invalid syntax';
    throw new BadRequest(`strconv.ParseUint: parsing ${JSON.stringify(text)}: ${cause}`);
  }
  return text.toLowerCase().padStart(32, '0');
};

const toQuery = (query: unknown, nowMs: number): SpanQuery => {
  const start = toInteger(query, 'start') ?? (nowMs - 2 * 86_400_000) * 1_000;
  const end = toInteger(query, 'end') ?? nowMs * 1_000;
  const tags = toTags(query);
  const limit = toInteger(query, 'limit') ?? 100;
  const minDurationUs = toDurationUs(query, 'minDuration');
  const maxDurationUs = toDurationUs(query, 'maxDuration');
  const service = parameter(query, 'service');
  if (!service) throw new BadRequest("parameter 'service' is required");
  if (minDurationUs && maxDurationUs && maxDurationUs < minDurationUs) {
    throw new BadRequest("'maxDuration' should be greater than 'minDuration'");
  }
  const name = parameter(query, 'operation') || undefined;
  return {
    service,
    name,
    tags,
    start,
    end,
    limit: Math.min(Math.max(0, limit), 1_500),
    minDurationUs,
    maxDurationUs: maxDurationUs || undefined,
  };
};

const parseFailure = (name: string, cause: string): BadRequest =>
  new BadRequest(`unable to parse param '${name}': ${cause}`);

const toInteger = (query: unknown, name: string): number | undefined => {
  const text = parameter(query, name);
  if (!text) return undefined;
  if (!/^-?\d{1,18}$/.test(text)) {
    throw parseFailure(name, `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
};

const microseconds: Readonly<Record<string, number>> = {
  ns: 1e-3,
  us: 1,
  µs: 1,
  μs: 1,
  ms: 1e3,
  s: 1e6,
  m: 6e7,
  h: 3.6e9,
};

const toDurationUs = (query: unknown, name: string): number | undefined => {
  const text = parameter(query, name);
  if (!text) return undefined;
  if (text !== '0' && !/^(\d+(\.\d*)?(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) {
    throw parseFailure(name, `time: invalid duration ${JSON.stringify(text)}`);
  }
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(\D+)/g))
    sum += Number(amount) * (microseconds[unit ?? ''] ?? 0);
  return sum;
};

const toTags = (query: unknown): Record<string, string> => {
  const tags: Record<string, string> = {};
  for (const text of parameters(query, 'tag')) {
    const colon = text.indexOf(':');
    if (colon < 0) throw new BadRequest(`malformed 'tag' parameter, expecting key:value, received: ${text}`);
    tags[text.slice(0, colon)] = text.slice(colon + 1);
  }
  for (const text of parameters(query, 'tags')) {
    for (const [key, value] of Object.entries(parseTags(text))) {
      if (typeof value !== 'string') {
        throw new BadRequest(`malformed 'tags' parameter, cannot unmarshal JSON: ${key} is not a string`);
      }
      tags[key] = value;
    }
  }
  return tags;
};

const parseTags = (text: string): object => {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {}
  throw new BadRequest("malformed 'tags' parameter, cannot unmarshal JSON: not an object of strings");
};
