import { z } from 'zod';
import { defineError } from './errors.js';
import { created, ok } from './http/replies.js';
import { defineRoute } from './http/routes.js';
import { toOpenApi } from './openapi.js';

const money = z
  .strictObject({ amount: z.int(), currency: z.string() })
  .meta({ id: 'Money', examples: [{ amount: 1290, currency: 'EUR' }] });
const order = z.object({ id: z.string(), total: money, createdAt: z.date() }).meta({ id: 'Order' });
const outOfStock = defineError({ kind: 'conflict', code: 'out_of_stock', message: 'Not enough stock.' });

const routes = [
  defineRoute({
    method: 'post',
    path: '/api/orders',
    access: 'customer',
    tag: 'orders',
    summary: 'Place an order',
    headers: z.object({ 'idempotency-key': z.string().describe('Yours to choose.') }),
    body: z.strictObject({ note: z.string().default(''), total: money }),
    answers: { 201: { description: 'Confirmed', body: order } },
    errors: [outOfStock],
    handler: () => created('http://localhost/', {}),
  }),
  defineRoute({
    method: 'get',
    path: '/api/orders/:id/invoice',
    access: 'anyone',
    tag: 'orders',
    summary: 'The invoice',
    params: z.object({ id: z.string() }),
    query: z.strictObject({ limit: z.coerce.number().default(20) }),
    answers: { 200: { description: 'A PDF', contentType: 'application/pdf' } },
    handler: () => ok(Buffer.from('')),
  }),
  defineRoute({
    method: 'post',
    path: '/oauth/token',
    access: 'anyone',
    tag: 'oauth',
    summary: 'A token',
    bodyType: 'form',
    errorFormat: 'oauth',
    headers: z.object({ authorization: z.string().optional() }),
    body: z.object({ grant_type: z.string() }),
    answers: { 200: { description: 'A token' } },
    handler: () => ok({}),
  }),
];

// biome-ignore lint/suspicious/noExplicitAny: a document is looked into along paths that no type describes
const document: any = toOpenApi({
  title: 'Shop',
  version: '1.0.0',
  servers: [{ url: 'http://localhost:8080' }],
  routes,
});

describe('the OpenAPI document', () => {
  test('names its version, servers and groups', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Shop', version: '1.0.0' },
      servers: [{ url: 'http://localhost:8080' }],
      tags: [{ name: 'oauth' }, { name: 'orders' }],
    });
  });

  test('describes a request by the schemas that validate it', () => {
    const operation = document.paths['/api/orders'].post;
    expect(operation).toMatchObject({ operationId: 'postApiOrders', security: [{ bearer: [] }] });
    expect(operation.parameters).toEqual([
      {
        name: 'idempotency-key',
        in: 'header',
        required: true,
        description: 'Yours to choose.',
        schema: { type: 'string' },
      },
    ]);
    const { schema } = operation.requestBody.content['application/json'];
    expect(schema).toMatchObject({ required: ['total'], additionalProperties: false });
    expect(schema.properties.total).toEqual({ $ref: '#/components/schemas/Money' });
  });

  test('shares named schemas as components, with their examples', () => {
    const { content } = document.paths['/api/orders'].post.responses[201];
    expect(content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Order' });
    expect(document.components.schemas.Order.properties.total).toEqual({ $ref: '#/components/schemas/Money' });
    expect(document.components.schemas.Order.properties.createdAt).toEqual({ type: 'string', format: 'date-time' });
    expect(document.components.schemas.Money.examples).toEqual([{ amount: 1290, currency: 'EUR' }]);
  });

  test('lists the codes of each error status', () => {
    const { responses } = document.paths['/api/orders'].post;
    const codes = (status: number): string[] =>
      responses[status].content['application/problem+json'].schema.allOf[1].properties.code.enum;
    expect(codes(409)).toEqual(['out_of_stock']);
    expect(codes(401)).toEqual(['unauthenticated', 'invalid_token']);
    expect(codes(400)).toEqual(['invalid_request', 'malformed_json']);
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['403', '413', '415', '500', '503', '504']));
  });

  test('writes parameters as OpenAPI does, required unless they have a default', () => {
    const { parameters, security, responses } = document.paths['/api/orders/{id}/invoice'].get;
    expect(parameters).toMatchObject([
      { name: 'id', in: 'path', required: true },
      { name: 'limit', in: 'query', required: false, schema: { default: 20 } },
    ]);
    expect(security).toEqual([]);
    expect(Object.keys(responses[200].content)).toEqual(['application/pdf']);
  });

  test('gives OAuth endpoints their own form of body and error', () => {
    const operation = document.paths['/oauth/token'].post;
    expect(Object.keys(operation.requestBody.content)).toEqual(['application/x-www-form-urlencoded']);
    expect(operation.responses[400].content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/OAuthError',
    });
  });

  test('shows HTTP Basic of an API client as a security scheme, of which the body is the other way', () => {
    const { security, parameters } = document.paths['/oauth/token'].post;
    expect(security).toEqual([{ client: [] }, {}]);
    expect(parameters).toEqual([]);
    expect(document.components.securitySchemes.client).toMatchObject({ type: 'http', scheme: 'basic' });
  });

  test('is plain JSON without references into nowhere', () => {
    const text = JSON.stringify(document);
    for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
      expect(document.components.schemas).toHaveProperty(name);
    }
    expect(text).not.toMatch(/\$defs|\$schema/);
  });
});
