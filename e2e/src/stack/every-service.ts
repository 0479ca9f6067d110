import { services } from '../shop.js';

/** Variables for every process of the shop that reports telemetry, as `npm start` takes them. */
export const everyService = (variables: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    [...services, 'console'].flatMap((service) =>
      Object.entries(variables).map(([name, value]) => [`${service.toUpperCase()}__${name}`, value]),
    ),
  );
