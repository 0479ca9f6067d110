import { createRouteMatcher } from './route-match.js';
import { proxyRoutes } from './routes.js';

const match = createRouteMatcher(proxyRoutes);

test('every route of the table is found by its own template', () => {
  for (const route of proxyRoutes) {
    const path = route.path.replaceAll(/:\w+/g, 'x1');
    expect(match(route.method, path)).toEqual({ route, path });
  }
});

test('a fixed segment wins over a parameter', () => {
  expect(match('GET', '/api/customers/me')?.route.path).toBe('/api/customers/me');
  expect(match('GET', '/api/customers/42')?.route.path).toBe('/api/customers/:id');
});

test('a parameter is decoded and encoded again, so nothing of the raw path gets through', () => {
  expect(match('GET', '/api/products/a%41%3f%23;b')?.path).toBe('/api/products/aA%3F%23%3Bb');
});

test('a HEAD takes the route of the GET', () => {
  expect(match('HEAD', '/api/products')?.route.method).toBe('GET');
});

test.each([
  ['GET', '/api/products/'],
  ['GET', '/internal/skus/TEA-001/holds/1'],
  ['GET', '/health/ready'],
  ['GET', '/metrics'],
  ['GET', '/'],
  ['TRACE', '/api/products'],
  ['DELETE', '/api/orders'],
  ['GET', '/API/products'],
])('%s %s is not in the table', (method, path) => {
  expect(match(method, path)).toBeUndefined();
});

test('a percent sign without digits is refused', () => {
  expect(() => match('GET', '/api/products/%zz')).toThrow(expect.objectContaining({ code: 'invalid_path' }));
});
