import { type Check, expectAll, expectEqual, expectMatch } from './check.js';
import type { Answered } from './exchange.js';
import { expectTracedProblem } from './problem.js';
import { newProduct, type ProductCalls } from './product-calls.js';
import type { Subject } from './subject.js';

const expectStatus = (answer: Answered, status: number): void =>
  expectEqual('status', [answer.status, answer.json?.code], [status, undefined]);

const toPath = (sku: string): string => `/api/products/${sku}`;
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** What is sold: reading, searching, and edits that overwrite nobody's work. */
export const catalogueChecks = (subject: Subject, calls: ProductCalls): Check[] => {
  const { read, admin } = calls;
  const check = (what: string, run: () => Promise<string>): Check => ({ section: 'catalogue', what, run });
  return [
    check('the demo catalogue is there: fifty products, the first page of twenty by name', async () => {
      const { status, json } = await read('/api/products');
      expectEqual('status and items', [status, json?.items?.length], [200, 20]);
      const seeded = await read('/api/products/SET-002');
      expectEqual('SET-002', [seeded.json?.name, seeded.json?.available], ['Tea Ceremony Set', 0]);
      return `${json.items[0].name} ... ${json.items[19].name}`;
    }),
    check('cursors walk through every product once, in each order of sorting', async () => {
      const all = (await read('/api/products?tag=japan&limit=100')).json?.items?.length;
      for (const sort of ['name', '-name', 'price', '-price', 'created', '-created']) {
        const skus: string[] = [];
        let next = '';
        do {
          const { status, json } = await read(`/api/products?tag=japan&limit=4&sort=${sort}${next}`);
          expectEqual(`status of ${sort}`, status, 200);
          skus.push(...json.items.map((item: { sku: string }) => item.sku));
          next = json.next === undefined ? '' : `&cursor=${encodeURIComponent(json.next)}`;
        } while (next !== '' && skus.length < 50);
        expectEqual(`products by ${sort}`, [new Set(skus).size, skus.length], [all, all]);
      }
      return `6 orders, ${all} products`;
    }),
    check('search: words without case and accents, tag, availability', async () => {
      const find = async (query: string): Promise<string[]> =>
        (await read(`/api/products?${query}`)).json?.items?.map((item: { sku: string }) => item.sku) ?? [];
      expectEqual('q=CAFE', await find('q=CAFE'), ['CUP-002']);
      expectEqual('q of a pattern', await find('q=.%2A'), []);
      expectEqual('tag=gift&available=false', await find('tag=gift&available=false'), ['SET-002']);
      return 'CUP-002';
    }),
    check('a wrong query is refused: unknown, out of bounds, a cursor of another list', async () => {
      const other = (await read('/api/products?limit=1&sort=price')).json?.next;
      for (const query of ['colour=red', 'limit=0', 'sort=size', 'cursor=nonsense', `sort=name&cursor=${other}`])
        expectTracedProblem(await read(`/api/products?${query}`), 400, 'invalid_request');
      return '400 five times';
    }),
    check('a product has the fields of docs/api.md, links by PUBLIC_URL, and an ETag', async () => {
      const { status, json, headers } = await read(toPath('TEA-001'));
      expectEqual('status', status, 200);
      const fields = ['sku', 'name', 'description', 'price', 'tags', 'available', 'createdAt', 'updatedAt', 'links'];
      expectEqual('fields', Object.keys(json).sort(), [...fields].sort());
      expectEqual('price', json.price, { amount: 1290, currency: 'EUR' });
      expectMatch('createdAt', json.createdAt, rfc3339);
      expectMatch('links.self', json.links.self, /^https?:\/\/.+\/api\/products\/TEA-001$/);
      expectMatch('etag', headers.etag, /^"[1-9]\d*"$/);
      expectEqual('cache-control', headers['cache-control'], 'no-cache');
      return String(headers.etag);
    }),
    check('If-None-Match with that ETag, strong, weak or in a list, is 304; another is 200', async () => {
      const etag = String((await read(toPath('TEA-002'))).headers.etag);
      for (const value of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
        const answer = await read(toPath('TEA-002'), { 'if-none-match': value });
        expectEqual(`status with ${value}`, [answer.status, answer.text], [304, '']);
      }
      expectEqual('status with another', (await read(toPath('TEA-002'), { 'if-none-match': '"0"' })).status, 200);
      expectStatus(await read(`${toPath('TEA-002')}/availability`), 200);
      return etag;
    }),
    check('a product that does not exist is 404 product_not_found', async () => {
      expectTracedProblem(await read(`${toPath('NONE-1')}/availability`), 404, 'product_not_found');
      return expectTracedProblem(await read(toPath('NONE-1')), 404, 'product_not_found');
    }),
    check('only an administrator may add: a customer is 403', async () => {
      const headers = { authorization: `Bearer ${await subject.customerToken()}` };
      return expectTracedProblem(await admin('POST', '/api/products', newProduct('X-1'), headers), 403, 'forbidden');
    }),
    check('POST adds: 201 with Location and ETag; the same SKU again is 409', async () => {
      const product = newProduct(calls.newSku());
      const answer = await admin('POST', '/api/products', product);
      expectStatus(answer, 201);
      expectMatch('location', answer.headers.location, new RegExp(`^https?://.+/api/products/${product.sku}$`));
      const { links, createdAt, updatedAt, ...rest } = answer.json;
      const expected = Object.entries(product).every(
        ([name, value]) => JSON.stringify(rest[name]) === JSON.stringify(value),
      );
      expectAll([[expected, `an answer of ${JSON.stringify(rest)}`, JSON.stringify(product)]]);
      return expectTracedProblem(await admin('POST', '/api/products', product), 409, 'sku_taken');
    }),
    check('a wrong product is refused, each field by its path', async () => {
      const body = { ...newProduct('bad sku'), price: { amount: 1.5, currency: 'USD' }, tags: ['A'], available: -1 };
      const answer = await admin('POST', '/api/products', body);
      expectTracedProblem(answer, 400, 'invalid_request');
      const paths = answer.json.errors.map((error: { path: string }) => error.path).sort();
      expectEqual('errors', paths, [
        'body.available',
        'body.price.amount',
        'body.price.currency',
        'body.sku',
        'body.tags.0',
      ]);
      return paths.join(', ');
    }),
    check('an edit without If-Match is 428, with an old one 412, with the right one 200 and a new ETag', async () => {
      const sku = await calls.add(5);
      const etag = String((await read(toPath(sku))).headers.etag);
      const change = { name: 'Renamed' };
      expectTracedProblem(await admin('PATCH', toPath(sku), change), 428, 'if_match_required');
      const edited = await admin('PATCH', toPath(sku), change, { 'if-match': etag });
      expectStatus(edited, 200);
      expectAll([[edited.headers.etag !== etag, `the same ETag ${etag}`, 'another one']]);
      expectEqual('product', [edited.json.name, edited.json.available], ['Renamed', 5]);
      const weak = { 'if-match': `W/${edited.headers.etag}` };
      expectTracedProblem(await admin('PATCH', toPath(sku), change, weak), 412, 'version_mismatch');
      return expectTracedProblem(
        await admin('PATCH', toPath(sku), change, { 'if-match': etag }),
        412,
        'version_mismatch',
      );
    }),
    check('PUT replaces all details and nothing else; If-Match: * overwrites', async () => {
      const sku = await calls.add(7);
      const { sku: _sku, available: _available, ...details } = newProduct(sku);
      const any = { 'if-match': '*' };
      const replaced = await admin('PUT', toPath(sku), { ...details, tags: [] }, any);
      expectStatus(replaced, 200);
      expectEqual('tags and stock', [replaced.json.tags, replaced.json.available], [[], 7]);
      return expectTracedProblem(await admin('PUT', toPath(sku), { name: 'Half' }, any), 400, 'invalid_request');
    }),
    check('of two edits that saw the same version one wins', async () => {
      const sku = await calls.add(1);
      const headers = { 'if-match': String((await read(toPath(sku))).headers.etag) };
      const edits = ['A', 'B', 'C', 'D'].map((name) => admin('PATCH', toPath(sku), { name }, headers));
      const statuses = (await Promise.all(edits)).map(({ status }) => status).sort();
      expectEqual('statuses', statuses, [200, 412, 412, 412]);
      return statuses.join(', ');
    }),
    check('stock changes by deltas, never below zero, and under If-Match only once', async () => {
      const sku = await calls.add(5);
      const path = `${toPath(sku)}/stock`;
      const etag = String((await read(toPath(sku))).headers.etag);
      const changed = await admin('POST', path, { delta: 3 }, { 'if-match': etag });
      expectEqual('status and available', [changed.status, changed.json?.available], [200, 8]);
      expectTracedProblem(await admin('POST', path, { delta: 3 }, { 'if-match': etag }), 412, 'version_mismatch');
      expectTracedProblem(await admin('POST', path, { delta: 0 }), 400, 'invalid_request');
      expectTracedProblem(await admin('POST', path, { delta: -9 }), 409, 'stock_below_zero');
      expectEqual('available', await calls.available(sku), 8);
      return '5, 8, 8';
    }),
    check('DELETE takes it out of the catalogue, not while an order holds it; its SKU is free again', async () => {
      const sku = await calls.add(5);
      const [order, any] = [calls.newOrder(), { 'if-match': '*' }];
      const old = { 'if-match': String((await read(toPath(sku))).headers.etag) };
      expectTracedProblem(await admin('DELETE', toPath(sku)), 428, 'if_match_required');
      expectStatus(await calls.claim('PUT', sku, order, 1), 200);
      expectTracedProblem(await admin('DELETE', toPath(sku), undefined, any), 409, 'product_has_holds');
      expectStatus(await calls.claim('DELETE', sku, order), 200);
      expectEqual('status', (await admin('DELETE', toPath(sku), undefined, any)).status, 204);
      expectTracedProblem(await read(`${toPath(sku)}/availability`), 404, 'product_not_found');
      expectStatus(await admin('POST', '/api/products', newProduct(sku, 2)), 201);
      return expectTracedProblem(await admin('PATCH', toPath(sku), { name: 'x' }, old), 412, 'version_mismatch');
    }),
  ];
};
