import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { copyHead, parseTarget, refuseAmbiguousHeaders, toForwardedHeaders } from './request-rules.js';

const request = (headers: Record<string, string>, rawHeaders: string[] = []): IncomingMessage =>
  ({ headers, rawHeaders }) as unknown as IncomingMessage;

test.each([
  '/api/products/../internal/skus',
  '/api/products/%2e%2e/internal/skus',
  '/api/products/%2E%2e/internal',
  '/api/products/a%2fb',
  '/api/products/a%5Cb',
  '/api/products/a\\b',
  '/api//products',
  '//evil.example/api',
  '/api/products/%00',
  '/api/products/%0d%0a',
  '/api/./products',
  'http://evil.example/api/products',
  '*',
  '',
  '/api/prod ucts',
  '/api/products/ä',
])('the target %j is refused, since two readers could understand it differently', (url) => {
  expect(() => parseTarget(url)).toThrow(expect.objectContaining({ code: 'invalid_path' }));
});

test.each(['/api/products?q=%E0%A4%A', '/api/products?q=%00', '/api/products?%'])(
  'the query of %j is refused',
  (url) => {
    expect(() => parseTarget(url)).toThrow(expect.objectContaining({ code: 'invalid_path' }));
  },
);

test('a plain target is split at its first question mark', () => {
  expect(parseTarget('/api/products?q=a?b&tag=c%20d')).toEqual({ path: '/api/products', search: '?q=a?b&tag=c%20d' });
  expect(parseTarget('/')).toEqual({ path: '/', search: '' });
  expect(parseTarget('/api/products/TEA%20001')).toEqual({ path: '/api/products/TEA%20001', search: '' });
});

test.each([[['Host', 'a', 'host', 'b']], [['X_Service_Key', 'a']]])('the headers %j are refused', (rawHeaders) => {
  expect(() => refuseAmbiguousHeaders(request({}, rawHeaders))).toThrow(
    expect.objectContaining({ code: 'ambiguous_header' }),
  );
});

test('only the headers of the allow-list go upstream, and none that Connection names', () => {
  const kept = toForwardedHeaders(
    request({
      accept: 'application/json',
      authorization: 'Bearer x',
      connection: 'close, prefer',
      cookie: 'a=b',
      forwarded: 'for=1.2.3.4',
      prefer: 'return=minimal',
      'x-client-address': '1.2.3.4',
      'x-forwarded-for': '1.2.3.4',
      'x-service-key': 'order.secret',
      'x-user-id': 'admin',
    }),
  );
  expect(kept).toEqual({ accept: 'application/json', authorization: 'Bearer x' });
});

test("the upstream's own identity and its hop's headers are not returned", () => {
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  const headers = {
    connection: 'keep-alive',
    'content-type': 'application/json',
    etag: '"1"',
    server: 'x',
    traceresponse: '00-1',
    'transfer-encoding': 'chunked',
    'x-request-id': 'theirs',
  };
  copyHead({ statusCode: 206, headers } as unknown as IncomingMessage, res);
  expect(res.statusCode).toBe(206);
  expect(res.getHeaders()).toEqual({ 'content-type': 'application/json', etag: '"1"' });
});
