import type { Route } from './http/routes.js';

export interface OpenApiOptions {
  title: string;
  version: string;
  servers: readonly { url: string; description?: string | undefined }[];
  routes: readonly Route[];
}

/** The OpenAPI 3.1 document of these routes. */
export const toOpenApi = (_options: OpenApiOptions): Record<string, unknown> => ({});
