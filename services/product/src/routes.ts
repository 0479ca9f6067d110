import {
  created,
  createLinks,
  defineRoute,
  encodeCursor,
  type Links,
  noContent,
  ok,
  type Route,
} from '@glasshouse/service-kit';
import { isNotModified, parseIfMatch, requireIfMatch, toEtag, type VersionCondition } from './conditions.js';
import { type Product, toSearchWords } from './domain.js';
import { errors } from './errors.js';
import * as schemas from './schemas.js';
import type { Guard, UseCases } from './use-cases.js';

export { createInternalRoutes } from './internal-routes.js';

const tag = 'products';
const path = '/api/products/:sku';
/** Caches may keep an answer but must ask each time: a sale may change it at any moment. */
const freshness = { 'cache-control': 'no-cache' };

const withEtag = (product: Product): Record<string, string> => ({ ...freshness, etag: toEtag(product.version) });

const toGuard = (sku: string, condition: VersionCondition | undefined): Guard =>
  condition === undefined || condition === 'any' ? { sku } : { sku, versions: condition };

/** The public endpoints, behind the gateway. */
export const createRoutes = (useCases: UseCases, links: Links = createLinks('http://localhost:8080')): Route[] => {
  const toLink = (sku: string): string => links(`/api/products/${encodeURIComponent(sku)}`);
  const toBody = (product: Product) => ({
    sku: product.sku,
    name: product.name,
    description: product.description,
    price: product.price,
    tags: product.tags,
    available: product.available,
    createdAt: product.createdAt,
    updatedAt: product.updatedAt,
    links: { self: toLink(product.sku), availability: `${toLink(product.sku)}/availability` },
  });
  const editErrors = [errors.productNotFound, errors.ifMatchRequired, errors.versionMismatch];

  return [
    defineRoute({
      method: 'get',
      path: '/api/products',
      access: 'anyone',
      tag,
      summary: 'Search the catalogue',
      query: schemas.listQuery,
      answers: { 200: { description: 'A page of products', body: schemas.productsAnswer } },
      handler: async ({ query: { q = '', tag, available, sort, limit, cursor } }) => {
        const page = await useCases.listProducts({
          words: toSearchWords(q),
          tag,
          isAvailable: available === undefined ? undefined : available === 'true',
          sort,
          limit,
          after: schemas.parsePosition(cursor, sort),
        });
        return ok(
          { items: page.items.map(toBody), next: page.next && encodeCursor({ sort, ...page.next }) },
          freshness,
        );
      },
    }),
    defineRoute({
      method: 'get',
      path,
      access: 'anyone',
      tag,
      summary: 'Read a product',
      params: schemas.skuParams,
      headers: schemas.ifNoneMatchHeaders,
      answers: {
        200: { description: 'The product; its ETag is needed to edit it', body: schemas.productAnswer },
        304: { description: 'The copy at hand is still right' },
      },
      errors: [errors.productNotFound],
      handler: async ({ params, headers }) => {
        const product = await useCases.getProduct(params.sku);
        const answer = withEtag(product);
        if (isNotModified(headers['if-none-match'], product.version)) return { status: 304, headers: answer };
        return ok(toBody(product), answer);
      },
    }),
    defineRoute({
      method: 'get',
      path: `${path}/availability`,
      access: 'anyone',
      tag,
      summary: 'How many units can be ordered now',
      description: 'Never from a cache, unlike the product itself.',
      params: schemas.skuParams,
      headers: schemas.ifNoneMatchHeaders,
      answers: {
        200: { description: 'The units', body: schemas.availabilityAnswer },
        304: { description: 'The copy at hand is still right' },
      },
      errors: [errors.productNotFound],
      handler: async ({ params, headers }) => {
        const product = await useCases.getAvailability(params.sku);
        const answer = withEtag(product);
        if (isNotModified(headers['if-none-match'], product.version)) return { status: 304, headers: answer };
        const { sku, available } = product;
        return ok({ sku, available, links: { product: toLink(sku) } }, answer);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/products',
      access: 'admin',
      tag,
      summary: 'Add a product',
      body: schemas.newProductBody,
      answers: { 201: { description: 'The new product, at Location', body: schemas.productAnswer } },
      errors: [errors.skuTaken],
      handler: async ({ body }) => {
        const product = await useCases.createProduct(body);
        return created(toLink(product.sku), toBody(product), withEtag(product));
      },
    }),
    ...(['put', 'patch'] as const).map((method) =>
      defineRoute({
        method,
        path,
        access: 'admin',
        tag,
        summary: method === 'put' ? 'Replace the details of a product' : 'Change details of a product',
        description: '`If-Match: *` overwrites whatever is there. Stock has an endpoint of its own.',
        params: schemas.skuParams,
        headers: schemas.ifMatchHeaders,
        body: method === 'put' ? schemas.replaceBody : schemas.patchBody,
        answers: { 200: { description: 'The product as it is now', body: schemas.productAnswer } },
        errors: editErrors,
        handler: async ({ params, headers, body }) => {
          const guard = toGuard(params.sku, requireIfMatch(headers['if-match']));
          const product = await useCases.editProduct(guard, body);
          return ok(toBody(product), withEtag(product));
        },
      }),
    ),
    defineRoute({
      method: 'delete',
      path,
      access: 'admin',
      tag,
      summary: 'Take a product out of the catalogue',
      params: schemas.skuParams,
      headers: schemas.ifMatchHeaders,
      answers: { 204: { description: 'It is gone' } },
      errors: [...editErrors, errors.productHasHolds],
      handler: async ({ params, headers }) => {
        await useCases.removeProduct(toGuard(params.sku, requireIfMatch(headers['if-match'])));
        return noContent();
      },
    }),
    defineRoute({
      method: 'post',
      path: `${path}/stock`,
      access: 'admin',
      tag,
      summary: 'Add units to stock, or take them away',
      description: 'Send If-Match to be able to repeat a request whose answer was lost.',
      params: schemas.skuParams,
      headers: schemas.ifMatchHeaders,
      body: schemas.stockBody,
      answers: { 200: { description: 'The product as it is now', body: schemas.productAnswer } },
      errors: [errors.productNotFound, errors.stockBelowZero, errors.versionMismatch],
      handler: async ({ params, headers, body }) => {
        const guard = toGuard(params.sku, parseIfMatch(headers['if-match']));
        const product = await useCases.changeStock(guard, body.delta);
        return ok(toBody(product), withEtag(product));
      },
    }),
  ];
};
