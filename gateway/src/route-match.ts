import { kitErrors } from '@glasshouse/service-kit';
import type { ProxyRoute } from './routes.js';

export interface RouteMatch {
  readonly route: ProxyRoute;
  /** The path for the upstream: the template with its parameters decoded and encoded again. */
  readonly path: string;
}

interface Entry {
  readonly route: ProxyRoute;
  readonly segments: readonly string[];
}

/**
 * Finds the route of a request. Paths with the same number of segments are compared one by one, those with fixed
 * segments before those with parameters, so `/api/customers/me` is never taken for an id.
 * @returns undefined if no route of the table has this path and method
 */
export const createRouteMatcher = (routes: readonly ProxyRoute[]) => {
  const tables = new Map<string, Entry[]>();
  for (const route of routes) {
    const segments = route.path.split('/').slice(1);
    const key = toKey(route.method, segments.length);
    const table = tables.get(key) ?? [];
    table.push({ route, segments });
    table.sort((a, b) => countParameters(a) - countParameters(b));
    tables.set(key, table);
  }
  return (method: string, path: string): RouteMatch | undefined => {
    const segments = path.split('/').slice(1);
    // A HEAD is a GET without a body (RFC 9110 section 9.3.2).
    const table = tables.get(toKey(method === 'HEAD' ? 'GET' : method, segments.length)) ?? [];
    for (const entry of table) {
      const rebuilt = rebuild(entry.segments, segments);
      if (rebuilt !== undefined) return { route: entry.route, path: rebuilt };
    }
    return undefined;
  };
};

const toKey = (method: string, length: number): string => `${method} ${length}`;

const countParameters = ({ segments }: Entry): number => segments.filter((segment) => segment.startsWith(':')).length;

const rebuild = (template: readonly string[], segments: readonly string[]): string | undefined => {
  let path = '';
  for (const [index, expected] of template.entries()) {
    const segment = segments[index] ?? '';
    if (!expected.startsWith(':')) {
      if (segment !== expected) return undefined;
      path += `/${expected}`;
    } else {
      if (segment === '') return undefined;
      path += `/${encodeURIComponent(decodeSegment(segment))}`;
    }
  }
  return path;
};

const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw kitErrors.invalidPath({ detail: 'The path has a percent sign without two hexadecimal digits after it.' });
  }
};
