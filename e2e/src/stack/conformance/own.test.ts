import { startShop, type TestShop } from '../../shop.js';
import { conform } from './conformance.js';

let shop: TestShop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop?.stop());

const conformAll = (services: readonly string[]): Promise<(readonly [string, readonly string[]])[]> =>
  Promise.all(
    services.map(async (service) => {
      const { code, failed, passed, output } = await conform(['--service', service, '--data', shop.dataDirectory]);
      // A run that came to nothing fails no check.
      if (failed.length === 0 && (code !== 0 || passed.length < 50)) throw new Error(output);
      return [service, failed] as const;
    }),
  );

// In turns: a check ends its service and starts it again, so those that need each other are not looked at together.
test.each(['product, customer, payment', 'gateway, order', 'oauth'])(
  'our own services keep the contract that is written for other languages: %s',
  async (names) => {
    const services = names.split(', ');
    expect(await conformAll(services)).toEqual(services.map((service) => [service, []]));
  },
);
