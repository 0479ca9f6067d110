import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineRoute, kitErrors, ok, type Route } from '@glasshouse/service-kit';
import { z } from 'zod';

/** The files of Swagger UI that its page needs, each with its media type. */
const pageFiles: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'start.js': 'text/javascript; charset=utf-8',
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Glasshouse API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const startScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', validatorUrl: null, tryItOutEnabled: true });\n`;

/** The page runs its own script and styles, and calls this API; nothing else. Swagger UI styles its elements inline. */
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
};

/** Where the `type` of every problem leads; it styles itself and runs nothing. */
const errorsPageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
};

/** The API's own description: the OpenAPI document, made from the services' schemas, a page to try it, and its errors. */
export const createDocumentRoutes = (publicUrl: string): Route[] => {
  const document = JSON.parse(readFileSync(join(__dirname, '../openapi.json'), 'utf8')) as object;
  const errorsPage = readFileSync(join(__dirname, '../errors.html'));
  const openApi = { ...document, servers: [{ url: publicUrl }] };
  const folder = dirname(createRequire(__filename).resolve('swagger-ui-dist/package.json'));
  const cache = new Map<string, Buffer>([['start.js', Buffer.from(startScript)]]);
  const readPageFile = (name: string): Buffer => {
    const file = cache.get(name) ?? readFileSync(join(folder, name));
    cache.set(name, file);
    return file;
  };
  const description = 'Documentation of this API';
  return [
    defineRoute({
      method: 'get',
      path: '/openapi.json',
      access: 'anyone',
      tag: 'documentation',
      summary: 'The OpenAPI 3.1 document of this API',
      answers: { 200: { description } },
      handler: () => ok(openApi),
    }),
    defineRoute({
      method: 'get',
      path: '/docs',
      access: 'anyone',
      tag: 'documentation',
      summary: 'A page to try this API',
      answers: { 200: { description, contentType: 'text/html' } },
      handler: () => ok(Buffer.from(page), pageHeaders),
    }),
    defineRoute({
      method: 'get',
      path: '/docs/errors',
      access: 'anyone',
      tag: 'documentation',
      summary: 'What each error code means',
      answers: { 200: { description, contentType: 'text/html' } },
      handler: () => ok(errorsPage, errorsPageHeaders),
    }),
    defineRoute({
      method: 'get',
      path: '/docs/:file',
      access: 'anyone',
      tag: 'documentation',
      summary: 'A file of that page',
      params: z.object({ file: z.string() }),
      answers: { 200: { description } },
      handler: ({ params }) => {
        const type = pageFiles[params.file];
        if (type === undefined) throw kitErrors.notFound();
        return ok(readPageFile(params.file), { 'content-type': type, 'cache-control': 'public, max-age=3600' });
      },
    }),
  ];
};
