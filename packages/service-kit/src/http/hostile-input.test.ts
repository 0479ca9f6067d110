import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { type KitService, startKitService } from '../testing/kit-service.js';
import { noContent, ok } from './replies.js';
import { defineRoute } from './routes.js';

const base = {
  access: 'anyone',
  tag: 'orders',
  summary: 'A route',
  answers: { 200: { description: 'Done' } },
} as const;
const id = z.object({ id: z.string().max(50) });

const line = z.strictObject({ sku: z.string().regex(/^[A-Z]+-\d+$/), quantity: z.number().int().min(1).max(1_000) });
const routes = [
  defineRoute({
    ...base,
    method: 'post',
    path: '/api/orders',
    body: z.strictObject({ lines: z.array(line).min(1).max(20), note: z.string().optional() }),
    handler: ({ body }) => ok(body),
  }),
  defineRoute({
    ...base,
    method: 'get',
    path: '/api/orders',
    query: z.strictObject({ limit: z.coerce.number().int().max(100).default(20) }),
    handler: ({ query }) => ok(query),
  }),
  defineRoute({ ...base, method: 'get', path: '/api/orders/:id', params: id, handler: ({ params }) => ok(params) }),
  defineRoute({ ...base, method: 'post', path: '/api/orders/:id/cancel', params: id, handler: () => noContent() }),
  defineRoute({
    ...base,
    method: 'post',
    path: '/form',
    bodyType: 'form',
    body: z.strictObject({ a: z.string() }),
    handler: ({ body }) => ok(body),
  }),
];

let service: KitService;
beforeAll(async () => {
  service = await startKitService({ app: () => ({ routes }) });
});
afterAll(() => service.stop());

interface Hostile {
  name: string;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  status: number;
  code: string;
}

const nested = (levels: number): string => `{"note":${'['.repeat(levels)}${']'.repeat(levels)}}`;

const cases: Hostile[] = [
  { name: 'no JSON', body: '{', status: 400, code: 'malformed_json' },
  { name: 'a lone string', body: '"text"', status: 400, code: 'invalid_request' },
  { name: 'null', body: 'null', status: 400, code: 'invalid_request' },
  { name: 'an array', body: '[]', status: 400, code: 'invalid_request' },
  { name: 'no body at all', body: '', status: 400, code: 'invalid_request' },
  { name: 'bytes that are no UTF-8', body: Buffer.from([0x22, 0xff, 0xfe, 0x22]), status: 400, code: 'malformed_json' },
  { name: 'an unknown field', body: '{"lines":[],"admin":true}', status: 400, code: 'invalid_request' },
  {
    name: 'a prototype',
    body: '{"lines":[{"sku":"A-1","quantity":1}],"__proto__":{"admin":true}}',
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'an operator for a text',
    body: '{"lines":[{"sku":{"$gt":""},"quantity":1}]}',
    status: 400,
    code: 'invalid_request',
  },
  { name: 'a number as text', body: '{"lines":[{"sku":"A-1","quantity":"1"}]}', status: 400, code: 'invalid_request' },
  {
    name: 'a number too large for a double',
    body: '{"lines":[{"sku":"A-1","quantity":1e999}]}',
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'too many items',
    body: JSON.stringify({ lines: Array(5_000).fill({}) }),
    status: 400,
    code: 'invalid_request',
  },
  { name: 'JSON 21 levels deep', body: nested(20), status: 400, code: 'invalid_request' },
  { name: 'JSON 30,000 levels deep', body: nested(30_000), status: 400, code: 'invalid_request' },
  { name: 'a body of 65 KiB', body: `"${'x'.repeat(65 * 1024)}"`, status: 413, code: 'body_too_large' },
  {
    name: 'text instead of JSON',
    headers: { 'content-type': 'text/plain' },
    body: '{}',
    status: 415,
    code: 'unsupported_media_type',
  },
  {
    name: 'another charset',
    headers: { 'content-type': 'application/json; charset=utf-16' },
    body: '{}',
    status: 415,
    code: 'unsupported_media_type',
  },
  {
    name: 'a compressed body',
    headers: { 'content-encoding': 'gzip' },
    body: '{}',
    status: 415,
    code: 'unsupported_media_type',
  },
  { name: 'a body that nobody takes', path: '/api/orders/1/cancel', body: '{}', status: 400, code: 'invalid_request' },
  {
    name: 'a form parameter twice',
    path: '/form',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=1&a=2',
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'an unknown query parameter',
    method: 'GET',
    path: '/api/orders?admin=1',
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'a query parameter twice',
    method: 'GET',
    path: '/api/orders?limit=1&limit=2',
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'a query parameter with brackets',
    method: 'GET',
    path: '/api/orders?limit[$gt]=1',
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'a query where none is read',
    method: 'GET',
    path: '/api/orders/1?x=1',
    status: 400,
    code: 'invalid_request',
  },
  { name: 'a bad percent sign', method: 'GET', path: '/api/orders/%E0%A4', status: 400, code: 'invalid_path' },
  { name: 'an encoded slash', method: 'GET', path: '/api/orders/a%2Fb', status: 400, code: 'invalid_path' },
  { name: 'encoded dots', method: 'GET', path: '/api/orders/%2e%2e%5c', status: 400, code: 'invalid_path' },
  { name: 'NUL', method: 'GET', path: '/api/orders/a%00', status: 400, code: 'invalid_path' },
  {
    name: 'a parameter that is too long',
    method: 'GET',
    path: `/api/orders/${'x'.repeat(60)}`,
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'a URL of 9 KiB',
    method: 'GET',
    path: `/api/orders?x=${'y'.repeat(9_000)}`,
    status: 414,
    code: 'url_too_long',
  },
  { name: 'an unknown path', method: 'GET', path: '/api/nothing', status: 404, code: 'route_not_found' },
  { name: 'a slash too many', method: 'GET', path: '/api/orders/', status: 404, code: 'route_not_found' },
  { name: 'a path in two slashes', method: 'GET', path: '//api/orders', status: 404, code: 'route_not_found' },
  { name: 'a constructor for a path', method: 'GET', path: '/constructor', status: 404, code: 'route_not_found' },
  { name: 'another method', method: 'DELETE', path: '/api/orders', status: 405, code: 'method_not_allowed' },
  { name: 'TRACE', method: 'TRACE', path: '/api/orders', status: 405, code: 'method_not_allowed' },
  { name: 'a method that few know', method: 'PROPFIND', path: '/api/orders', status: 405, code: 'method_not_allowed' },
];

/** By hand, since clients normalise paths and refuse what an attacker would send. */
const send = async (head: string[], body: string | Buffer = ''): Promise<string> => {
  const socket = connect(Number(new URL(service.app).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  socket.write(body);
  return text(socket);
};

const sendCase = ({ method = 'POST', path = '/api/orders', headers = {}, body }: Hostile): Promise<string> => {
  const all = { host: 'shop', connection: 'close', 'content-type': 'application/json', ...headers };
  const length = body === undefined ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return send([`${method} ${path} HTTP/1.1`, ...lines, ...length], body);
};

describe('hostile input', () => {
  test.each(cases)('$name is refused with $status $code', async (hostile) => {
    const answer = await sendCase(hostile);
    const problem: unknown = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
    expect(answer.split('\r\n')[0]).toContain(`HTTP/1.1 ${hostile.status} `);
    expect(problem).toMatchObject({ status: hostile.status, code: hostile.code });
    expect(answer.toLowerCase()).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/);
    expect(answer.toLowerCase()).toMatch(/\r\ntraceresponse: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n/);
    expect(answer).not.toMatch(/node_modules|\.ts:|\.js:|SyntaxError|at Object/);
  });

  test('is answered with the place and the problem of each field, never with its value', async () => {
    const body = '{"lines":[{"sku":"secret-value","quantity":0}],"surprise":"secret-value"}';
    const answer = await sendCase({ name: '', body, status: 400, code: '' });
    const { errors } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
    expect(errors.map(({ path }: { path: string }) => path)).toEqual([
      'body.lines.0.sku',
      'body.lines.0.quantity',
      'body.surprise',
    ]);
    expect(answer).not.toContain('secret-value');
    expect(JSON.stringify([service.logs, service.spans])).not.toContain('secret-value');
  });

  test('that is no HTTP gets 400 and the connection is closed', async () => {
    expect(await send(['hello'])).toMatch(/^HTTP\/1\.1 400 .*"code":"invalid_request"/s);
  });

  test('with headers above 16 KiB gets 431', async () => {
    const answer = await send(['GET / HTTP/1.1', 'host: shop', `x-large: ${'x'.repeat(17_000)}`]);
    expect(answer).toMatch(/^HTTP\/1\.1 431 .*"code":"headers_too_large"/s);
  });

  test('with two lengths for one body is refused', async () => {
    const head = ['POST /api/orders HTTP/1.1', 'host: shop', 'content-length: 2', 'transfer-encoding: chunked'];
    expect(await send(head, '0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('in endless chunks is cut off at 64 KiB', async () => {
    const head = [
      'POST /api/orders HTTP/1.1',
      'host: shop',
      'content-type: application/json',
      'transfer-encoding: chunked',
    ];
    const answer = await send(head, `${(70_000).toString(16)}\r\n${'x'.repeat(70_000)}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*"code":"body_too_large"/s);
  });

  test('is counted and stated as a security event', async () => {
    const before = service.facts('request.refused').length;
    await sendCase({ name: '', body: '{', status: 400, code: '' });
    expect(service.facts('request.refused')).toHaveLength(before + 1);
    expect(await service.scrape()).toMatch(/^security_events_total\{event="request.refused"\} \d+/m);
  });

  test('leaves no series that a caller could choose', async () => {
    await sendCase({ name: '', method: 'GET', path: '/api/chosen-by-caller', status: 404, code: '' });
    const scrape = await service.scrape();
    expect(scrape).not.toContain('chosen-by-caller');
    expect(scrape).toContain('http_route="unmatched"');
    expect(scrape).toContain('http_request_method="_OTHER"');
    expect(scrape).not.toMatch(/metric_samples_refused_total\{[^}]*http_server[^}]*\} [1-9]/);
  });

  test('never makes an error that needs a person', () => {
    expect(service.logs.filter((record) => record['log.level'] === 'error')).toEqual([]);
  });
});
