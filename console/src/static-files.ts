import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { kitErrors, matchedRoute, type RouteTemplate } from '@glasshouse/service-kit';

type Request = Parameters<typeof matchedRoute>[0];
type Next = (error?: unknown) => void;

/** Where `bundle.ts` writes; the files there are read once, at the start. */
export const builtPage = join(__dirname, '../dist/web');

const page = (path: string): RouteTemplate => ({ method: 'GET', path });

/** The paths that open the page; which page it is the page itself decides by its URL. */
const pageRoutes: readonly RouteTemplate[] = [
  ...['/', '/map', '/traces', '/traces/*trace', '/logs', '/metrics', '/why', '/why/:id', '/docs', '/docs/*page'].map(
    page,
  ),
];

const assetRoute = page('/assets/*file');
const docRoute = page('/api/docs/*page');
export const fileRoutes: readonly RouteTemplate[] = [...pageRoutes, assetRoute, docRoute];

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json; charset=utf-8',
};

/** The page runs its own script and styles and asks its own origin; nothing else, and nothing inline. */
const pagePolicy =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface StaticFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly brotli: Buffer | undefined;
  readonly etag: string;
}

/** Serves the built page. Files whose name carries a hash may be kept for ever, the rest is asked for each time. */
export const createStaticFiles = (folder: string) => {
  const files = readFiles(folder);
  const templates = new Set(fileRoutes.map(({ path }) => path));
  return (req: Request, res: ServerResponse, next: Next): void => {
    const match = matchedRoute(req);
    if (match === undefined || !templates.has(match.template)) {
      next();
      return;
    }
    const file = files.get(toFileName(match.template, match.params));
    if (file === undefined) throw kitErrors.notFound();
    res.setHeader('content-security-policy', pagePolicy);
    res.setHeader(
      'cache-control',
      match.template === assetRoute.path ? 'public, max-age=31536000, immutable' : 'no-cache',
    );
    send(req, res, file);
  };
};

const send = ({ headers }: Request, res: ServerResponse, file: StaticFile): void => {
  res.setHeader('etag', file.etag);
  res.setHeader('vary', 'accept-encoding');
  if (headers['if-none-match'] === file.etag) {
    res.statusCode = 304;
    res.end();
    return;
  }
  const takesBrotli = /\bbr\b/.test(String(headers['accept-encoding'] ?? ''));
  const body = takesBrotli ? file.brotli : undefined;
  if (body !== undefined) res.setHeader('content-encoding', 'br');
  res.setHeader('content-type', file.type);
  res.setHeader('content-length', (body ?? file.plain).length);
  res.end(body ?? file.plain);
};

const toFileName = (template: string, params: Readonly<Record<string, string>>): string => {
  if (template === assetRoute.path) return `assets/${params.file}`;
  return template === docRoute.path ? `docs/${params.page}.json` : 'index.html';
};

const readFiles = (folder: string): ReadonlyMap<string, StaticFile> => {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  return new Map(
    names
      .filter((name) => types[name.split('.').at(-1) ?? ''] !== undefined)
      .map((name) => [name, readStaticFile(folder, name, names)]),
  );
};

const readStaticFile = (folder: string, name: string, names: readonly string[]): StaticFile => {
  const plain = readFileSync(join(folder, name));
  return {
    type: types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    plain,
    brotli: names.includes(`${name}.br`) ? readFileSync(join(folder, `${name}.br`)) : undefined,
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 27)}"`,
  };
};
