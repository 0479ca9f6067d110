import { createRouteTable } from './route-table.js';

const table = createRouteTable(
  [
    ['GET', '/api/customers'],
    ['POST', '/api/customers'],
    ['GET', '/api/customers/me'],
    ['GET', '/api/customers/:id'],
    ['PUT', '/internal/skus/:sku/holds/:orderId'],
    ['GET', '/docs/*file'],
    ['GET', '/:shop/products'],
  ].map(([method = '', path = '']) => ({ method, path, value: `${method} ${path}` })),
);

describe('a route table', () => {
  test.each([
    ['/api/customers', '/api/customers', {}],
    ['/api/customers/me', '/api/customers/me', {}],
    ['/api/customers/7', '/api/customers/:id', { id: '7' }],
    ['/api/customers/J%C3%BCrgen', '/api/customers/:id', { id: 'Jürgen' }],
    ['/internal/skus/TEA-1/holds/o_1', '/internal/skus/:sku/holds/:orderId', { sku: 'TEA-1', orderId: 'o_1' }],
    ['/docs/css/page.css', '/docs/*file', { file: 'css/page.css' }],
    ['/docs/', '/docs/*file', { file: '' }],
    ['/api/products', '/:shop/products', { shop: 'api' }],
  ])('finds %s under %s', (path, template, params) => {
    expect(table.find(path)).toMatchObject({ template, params, isValid: true });
  });

  test.each(['/', '', '/api', '/api/customers/', '/api//customers', '/API/customers', '/api/customers/7/x', '*'])(
    'does not know %j',
    (path) => {
      expect(table.find(path)).toBeUndefined();
    },
  );

  test.each(['%2e%2e', '..', '.', 'a%2Fb', 'a%5Cb', 'a%00', '%', '%zz', '%c3'])(
    'distrusts the parameter %s',
    (value) => {
      expect(table.find(`/api/customers/${value}`)?.isValid).toBe(false);
    },
  );

  test('knows all methods of a path', () => {
    expect([...(table.find('/api/customers')?.methods.keys() ?? [])]).toEqual(['GET', 'POST']);
  });

  test.each([
    ['the same method and path twice', ['/a', '/a'], 'GET /a is declared twice.'],
    ['two names for one place', ['/a/:x', '/a/:y'], '/a/:y and /a/:x are the same path.'],
    ['a path without a slash', ['a'], 'The path a must begin with a slash.'],
  ])('refuses %s at start', (_name, paths, message) => {
    expect(() => createRouteTable(paths.map((path) => ({ method: 'get', path, value: 1 })))).toThrow(message);
  });
});
