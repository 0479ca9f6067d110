import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type ErrorFactory, kitErrors, matchedRoute } from '@glasshouse/service-kit';
import { type BackendRoute, backendRoutes } from './backend-routes.js';
import type { Config } from './config.js';
import { errors } from './errors.js';
import type { Backend } from './queries/backend-error.js';

type Request = Parameters<typeof matchedRoute>[0];
type Next = (error?: unknown) => void;

/** Long enough for a search through all that a backend holds; the page gives up at the same time. */
const timeoutMs = 10_000;
const maxBodyBytes = 64 * 1024;

const unavailable: Readonly<Record<Backend, ErrorFactory>> = {
  jaeger: errors.jaegerUnavailable,
  elasticsearch: errors.elasticsearchUnavailable,
  prometheus: errors.prometheusUnavailable,
};

/**
 * Passes the page's questions on to the backends, so that it never asks another origin. A backend's own refusal is
 * passed back as it is; one that does not answer is a 502 whose code names it.
 */
export const createProxy = (config: Config) => {
  const addresses: Readonly<Record<Backend, string>> = {
    jaeger: config.JAEGER_QUERY_URL,
    elasticsearch: config.ELASTICSEARCH_URL,
    prometheus: config.PROMETHEUS_URL,
  };
  const routeOfTemplate = new Map(backendRoutes.map((route) => [route.path, route]));
  return async (req: Request, res: ServerResponse, next: Next): Promise<void> => {
    const match = matchedRoute(req);
    const route = match && routeOfTemplate.get(match.template);
    if (route === undefined || match === undefined) return next();
    const url = addresses[route.backend] + toUpstreamPath(route, match.params) + toSearch(req.url ?? '');
    const body = req.method === 'POST' ? await readBytes(req) : undefined;
    await deliver(await ask(req, res, { url, body, backend: route.backend }), req, res);
  };
};

const toUpstreamPath = ({ upstream }: BackendRoute, params: Readonly<Record<string, string>>): string =>
  upstream.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));

const toSearch = (url: string): string => (url.includes('?') ? url.slice(url.indexOf('?')) : '');

interface Question {
  readonly url: string;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  readonly backend: Backend;
}

/** @throws the backend's own error if it gives no answer */
const ask = async (req: IncomingMessage, res: ServerResponse, { url, body, backend }: Question): Promise<Response> => {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const contentType = req.headers['content-type'];
  try {
    return await fetch(url, {
      method: req.method ?? 'GET',
      headers: { accept: 'application/json', ...(contentType === undefined ? {} : { 'content-type': contentType }) },
      redirect: 'error',
      signal: AbortSignal.any([gone.signal, AbortSignal.timeout(timeoutMs)]),
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    throw unavailable[backend]({ cause: error });
  }
};

/** Traces and series are said with many repeated words: a tenth of their size goes over the wire. */
const worthCompressingBytes = 4 * 1024;

/** A body that breaks off ends the connection, never a truncated 200. */
const deliver = async (answer: Response, req: IncomingMessage, res: ServerResponse): Promise<void> => {
  res.statusCode = answer.status;
  res.setHeader('content-type', answer.headers.get('content-type') ?? 'application/json');
  res.setHeader('cache-control', 'no-store');
  if (answer.body === null) {
    res.end();
    return;
  }
  const body = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
  const length = Number(answer.headers.get('content-length') ?? Number.POSITIVE_INFINITY);
  const isCompressed = length > worthCompressingBytes && /\bgzip\b/.test(String(req.headers['accept-encoding'] ?? ''));
  if (isCompressed) res.setHeader('content-encoding', 'gzip');
  const sent = isCompressed ? pipeline(body, createGzip({ level: 1 }), res) : pipeline(body, res);
  await sent.catch(() => res.destroy());
};

/** @throws kitErrors.bodyTooLarge */
const readBytes = async (req: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBodyBytes) throw kitErrors.bodyTooLarge({ headers: { connection: 'close' } });
  }
  return new Uint8Array(Buffer.concat(chunks));
};
