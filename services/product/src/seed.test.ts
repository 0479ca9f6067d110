import { newProductBody } from './schemas.js';
import { createSeed } from './seed.js';

test('the demo has fifty products, each such as an admin could have added it', () => {
  const products = createSeed();
  expect(new Set(products.map(({ sku }) => sku)).size).toBe(50);
  for (const product of products) expect(newProductBody.parse(product)).toEqual(product);
});

test('one product is sold out and one is scarce, so that refusals can be seen', () => {
  const stocks = createSeed().map(({ available }) => available);
  expect(stocks.filter((available) => available === 0)).toHaveLength(1);
  expect(stocks.some((available) => available > 0 && available < 10)).toBe(true);
});
