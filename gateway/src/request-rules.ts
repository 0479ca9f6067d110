import type { IncomingMessage, ServerResponse } from 'node:http';
import { kitErrors } from '@glasshouse/service-kit';
import { errors } from './errors.js';

/** Encoded dots, slashes, backslashes and control characters: whoever decodes twice would read another path. */
const disguised = /%(2e|2f|5c|[01][0-9a-f]|7f)/i;
const notInPaths = /[^!-~]|\\/;

/**
 * Splits the request target and refuses every path that two readers could understand differently: a raw
 * pass-through of `/products/%2e%2e/internal/x` would reach internal endpoints with the gateway's own identity.
 * @throws kitErrors.invalidPath
 */
export const parseTarget = (url: string): { path: string; search: string } => {
  const cut = url.indexOf('?');
  const path = cut === -1 ? url : url.slice(0, cut);
  const search = cut === -1 ? '' : url.slice(cut);
  const isClean =
    path.startsWith('/') &&
    !path.includes('//') &&
    !disguised.test(path) &&
    !notInPaths.test(path) &&
    !path.split('/').some((segment) => segment === '..' || segment === '.');
  if (!isClean) throw kitErrors.invalidPath();
  if (!isDecodable(search)) throw kitErrors.invalidPath({ detail: 'The query is not valid percent-encoding.' });
  return { path, search };
};

const isDecodable = (text: string): boolean => {
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text);
    return !text.includes('%00');
  } catch {
    return false;
  }
};

/**
 * Refuses names with underscores, which some servers read as hyphens, and a second Host.
 * @throws errors.ambiguousHeader
 */
export const refuseAmbiguousHeaders = ({ rawHeaders }: IncomingMessage): void => {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.includes('_')) throw errors.ambiguousHeader({ detail: 'Header names have hyphens, not underscores.' });
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts > 1) throw errors.ambiguousHeader({ detail: 'There is more than one Host header.' });
};

/** Everything else stops here: no caller can speak with `x-service-*`, `x-user-*`, `forwarded` or a hop-by-hop header. */
const forwardedHeaders = [
  'accept',
  'accept-language',
  'authorization',
  'content-length',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'prefer',
  'user-agent',
] as const;

/** The caller's headers that may go upstream; one that `Connection` names is the caller's own hop's business. */
export const toForwardedHeaders = ({ headers }: IncomingMessage): Record<string, string> => {
  const named = headers.connection === undefined ? undefined : headers.connection.toLowerCase();
  const kept: Record<string, string> = {};
  for (const name of forwardedHeaders) {
    const value = headers[name];
    if (typeof value === 'string' && (named === undefined || !named.includes(name))) kept[name] = value;
  }
  return kept;
};

/** What belongs to one hop (RFC 9110 section 7.6.1), and what the gateway says itself. */
const notReturned = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'date',
  'server',
  'x-powered-by',
  'x-request-id',
  'traceresponse',
]);

/** Gives the caller the upstream's status and headers. */
export const copyHead = ({ statusCode = 502, headers }: IncomingMessage, res: ServerResponse): void => {
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !notReturned.has(name)) res.setHeader(name, value);
  }
  res.statusCode = statusCode;
};
