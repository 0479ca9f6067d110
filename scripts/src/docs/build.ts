import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as customer from '@glasshouse/customer';
import * as oauth from '@glasshouse/oauth';
import * as order from '@glasshouse/order';
import * as payment from '@glasshouse/payment';
import * as product from '@glasshouse/product';
import { createLinks, type Route, toOpenApi } from '@glasshouse/service-kit';
import { root } from '../shop.js';
import { toApiPage } from './api-page.js';
import { toErrorsPage } from './errors-page.js';
import { toPostmanCollection } from './postman.js';

const publicUrl = 'http://localhost:8080';

/** Every public route, described by the schemas that validate its requests. No handler is ever called here. */
const collectRoutes = (): Route[] => {
  const useCases = {} as never;
  const links = createLinks(publicUrl);
  return [oauth, customer, product, order, payment].flatMap(({ createRoutes }) => createRoutes(useCases, links));
};

/** The generated files by their path from the root. */
export const buildDocuments = (): Record<string, string> => {
  const document = toOpenApi({
    title: 'Glasshouse',
    version: '0.1.0',
    servers: [{ url: publicUrl }],
    routes: collectRoutes(),
  });
  return {
    'gateway/openapi.json': toJson(document),
    'gateway/errors.html': toErrorsPage(readFileSync(join(root, 'docs/errors.md'), 'utf8')),
    'docs/api.md': toApiPage(document as never),
    'docs/glasshouse.postman_collection.json': toJson(toPostmanCollection(document as never)),
  };
};

const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
