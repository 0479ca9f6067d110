import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { type ErrorFactory, kitErrors, statusOfKind } from './errors.js';
import type { Route, RouteSpec } from './http/routes.js';

export interface OpenApiOptions {
  title: string;
  version: string;
  servers: readonly { url: string; description?: string | undefined }[];
  routes: readonly Route[];
}

type Json = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of these routes, made of the schemas that validate their requests; so what it promises is
 * what is checked. Schemas with `.meta({ id })` become components, `.meta({ examples })` stays with its schema.
 */
export const toOpenApi = ({ title, version, servers, routes }: OpenApiOptions): Json => {
  const schemas: Json = { Problem: problemSchema, OAuthError: oauthErrorSchema };
  const toSchema = createSchemaWriter(schemas);
  const paths: Record<string, Json> = {};
  for (const { spec } of routes) {
    const path = spec.path.replace(/[:*]([A-Za-z]\w*)/g, '{$1}');
    const operations = paths[path] ?? {};
    operations[spec.method] = toOperation(spec, toSchema);
    paths[path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: { title, version },
    servers,
    tags: [...new Set(routes.map(({ spec }) => spec.tag))].sort().map((name) => ({ name })),
    paths,
    components: { schemas, securitySchemes },
  };
};

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token (RFC 9068).' },
  client: { type: 'http', scheme: 'basic', description: 'Id and secret of an API client (RFC 6749 section 2.3.1).' },
  serviceKey: { type: 'apiKey', in: 'header', name: 'x-service-key', description: '`<caller>.<secret>`' },
};

const problemSchema = {
  type: 'object',
  description: 'RFC 9457. `code` is what a program decides by.',
  required: ['type', 'title', 'status', 'detail', 'code', 'traceId'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    traceId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'problem'],
        properties: { path: { type: 'string' }, problem: { type: 'string' } },
      },
    },
  },
};

const oauthErrorSchema = {
  type: 'object',
  description: 'RFC 6749, section 5.2.',
  required: ['error'],
  properties: { error: { type: 'string' }, error_description: { type: 'string' } },
};

type SchemaWriter = (schema: z.ZodType, io: 'input' | 'output') => Json;

/** JSON Schema of zod's schemas; what zod puts under `$defs` of each one becomes a component of the document. */
const createSchemaWriter =
  (components: Json): SchemaWriter =>
  (schema, io) => {
    const {
      $schema: _dialect,
      $defs: definitions = {},
      ...root
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
      },
    }) as Json & { $defs?: Record<string, Json> };
    for (const [name, definition] of Object.entries(definitions)) components[name] = toComponent(definition);
    const { id, ...body } = toComponent(root);
    if (typeof id !== 'string') return body;
    components[id] = body;
    return { $ref: `#/components/schemas/${id}` };
  };

const toComponent = (schema: Json): Json =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;

const toOperation = (spec: RouteSpec, toSchema: SchemaWriter): Json => ({
  operationId: toOperationId(spec),
  tags: [spec.tag],
  summary: spec.summary,
  description: spec.description,
  security: toSecurity(spec),
  parameters: [
    ...toParameters('path', spec.params, toSchema),
    ...toParameters('query', spec.query, toSchema),
    ...toParameters('header', spec.headers, toSchema).filter(({ name }) => name !== authorization),
  ],
  requestBody: spec.body && {
    required: true,
    content: {
      [spec.bodyType === 'form' ? 'application/x-www-form-urlencoded' : 'application/json']: {
        schema: toSchema(spec.body, 'input'),
      },
    },
  },
  responses: { ...toErrorAnswers(spec), ...toAnswers(spec, toSchema) },
});

/** `GET /api/orders/:id/invoice` -> `getApiOrdersByIdInvoice`: stable as long as the path is. */
const toOperationId = ({ method, path }: RouteSpec): string => {
  const words = path.split(/[/._-]/).filter((word) => word !== '');
  const named = words.map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word)));
  return method + named.join('');
};

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** OpenAPI ignores a parameter of this name: such a header is a security scheme, or it is not described at all. */
const authorization = 'authorization';

const toSecurity = ({ access, headers }: RouteSpec): Json[] => {
  const takesClient = headers instanceof z.ZodObject && authorization in headers.shape;
  // A client may also prove itself in the body, so the header is one of two ways.
  if (access === 'anyone') return takesClient ? [{ client: [] }, {}] : [];
  return typeof access === 'object' ? [{ serviceKey: [] }] : [{ bearer: [] }];
};

const toParameters = (place: string, schema: z.ZodType | undefined, toSchema: SchemaWriter): Json[] => {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => {
    const { description, ...fieldSchema } = toSchema(field, 'input');
    const isRequired = place === 'path' || !field.safeParse(undefined).success;
    return { name, in: place, required: isRequired, description, schema: fieldSchema };
  });
};

const toAnswers = ({ answers }: RouteSpec, toSchema: SchemaWriter): Json =>
  Object.fromEntries(
    Object.entries(answers).map(([status, { description, body, contentType }]) => {
      const type = contentType ?? (body && 'application/json');
      const schema = body === undefined ? {} : { schema: toSchema(body, 'output') };
      return [status, { description, headers: answerHeaders, content: type && { [type]: schema } }];
    }),
  );

const answerHeaders = {
  'x-request-id': { schema: { type: 'string' }, description: 'Names this request in the logs.' },
  traceresponse: { schema: { type: 'string' }, description: 'W3C: the trace and span of this request.' },
};

/** One answer for each status that the route's errors have, with the codes that tell them apart. */
const toErrorAnswers = (spec: RouteSpec): Json => {
  const factories = toErrors(spec);
  const statuses = new Set(factories.map((each) => statusOf(each)));
  const isOauth = spec.errorFormat === 'oauth';
  return Object.fromEntries(
    [...statuses].map((status) => {
      const ofStatus = factories.filter((each) => statusOf(each) === status);
      const codes = ofStatus.map(({ spec: { code, message } }) => `- \`${code}\`: ${message}`);
      const problem = { $ref: '#/components/schemas/Problem' };
      const withCodes = {
        allOf: [problem, { properties: { code: { enum: ofStatus.map((each) => each.spec.code) } } }],
      };
      const content = isOauth
        ? { 'application/json': { schema: { $ref: '#/components/schemas/OAuthError' } } }
        : { 'application/problem+json': { schema: withCodes } };
      const description = isOauth ? (STATUS_CODES[status] ?? 'Error') : codes.join('\n');
      return [status, { description, headers: answerHeaders, content }];
    }),
  );
};

const statusOf = ({ spec }: ErrorFactory): number => statusOfKind[spec.kind];

const toErrors = ({ access, body, query, params, headers, errors = [] }: RouteSpec): ErrorFactory[] => {
  const isValidated = body !== undefined || query !== undefined || params !== undefined || headers !== undefined;
  const proof = typeof access === 'object' ? kitErrors.invalidServiceKey : kitErrors.invalidToken;
  return [
    ...errors,
    ...(isValidated ? [kitErrors.invalidRequest] : []),
    ...(body === undefined ? [] : [kitErrors.malformedJson, kitErrors.bodyTooLarge, kitErrors.unsupportedMediaType]),
    ...(access === 'anyone' ? [] : [kitErrors.unauthenticated, proof]),
    ...(access === 'anyone' || access === 'user' ? [] : [kitErrors.forbidden]),
    kitErrors.internal,
    kitErrors.overloaded,
    kitErrors.deadlineExceeded,
  ].filter((factory, index, all) => all.findIndex(({ spec }) => spec.code === factory.spec.code) === index);
};
