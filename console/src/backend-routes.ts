import type { RouteTemplate } from '@glasshouse/service-kit';
import type { Backend } from './queries/backend-error.js';

/** A path of a backend's query API as the page asks it. What is not in the table is not asked for anybody. */
export interface BackendRoute extends RouteTemplate {
  readonly backend: Backend;
  /** The backend's own path; it is rebuilt from this template and the encoded parameters. */
  readonly upstream: string;
}

const jaeger = (path: string): BackendRoute[] => [
  { method: 'GET', path: `/api/jaeger${path}`, backend: 'jaeger', upstream: `/api${path}` },
];

const elasticsearch = (path: string): BackendRoute[] => [
  { method: 'POST', path: `/api/elasticsearch${path}`, backend: 'elasticsearch', upstream: path },
];

/** Long expressions are posted as forms, all others asked with GET. */
const prometheus = (path: string): BackendRoute[] =>
  ['GET', 'POST'].map((method) => ({
    method,
    path: `/api/prometheus${path}`,
    backend: 'prometheus',
    upstream: `/api/v1${path}`,
  }));

export const backendRoutes: readonly BackendRoute[] = [
  ...jaeger('/services'),
  ...jaeger('/services/:service/operations'),
  ...jaeger('/operations'),
  ...jaeger('/traces'),
  ...jaeger('/traces/:traceId'),
  ...jaeger('/dependencies'),
  ...elasticsearch('/:index/_search'),
  ...elasticsearch('/:index/_count'),
  ...prometheus('/query'),
  ...prometheus('/query_range'),
  ...prometheus('/query_exemplars'),
  ...prometheus('/series'),
  ...prometheus('/labels'),
  ...prometheus('/label/:name/values'),
  ...prometheus('/metadata'),
  ...prometheus('/targets'),
  ...prometheus('/rules'),
  ...prometheus('/alerts'),
];
