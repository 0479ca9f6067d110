import { join } from 'node:path';
import type { Shop } from '../shop.js';
import type { ServiceName } from './profiles.js';

const local = 'http://127.0.0.1';

/** Above every port of a shop, and below those that systems give to outgoing connections. */
const portsAbove = 40;

/**
 * The variables for a service that runs beside the shop's own one: its doors 40 ports above, a database of its own, and
 * everything else as the shop's has it.
 */
export const toEnvironment = (service: ServiceName, data: string, { addresses }: Shop): string => {
  const { gateway, admin, internal } = addresses;
  const adminPort = Number(new URL(admin[service] ?? gateway).port) + portsAbove;
  const offset = Number(new URL(gateway).port) - 8080;
  // The gateway calls the others' app doors, whose ports are 100 below.
  const toDoor = (url: string): string => (service === 'gateway' ? `${local}:${Number(new URL(url).port) - 100}` : url);
  const neighbours = Object.entries(internal).filter(([name]) => name !== service);
  const variables = {
    PORT: adminPort - 200,
    INTERNAL_PORT: adminPort - 100,
    ADMIN_PORT: adminPort,
    HOST: '127.0.0.1',
    PUBLIC_URL: gateway,
    FLUENTD_URL: `tcp://127.0.0.1:${24224 + offset}`,
    JAEGER_ENDPOINT: `${local}:${14268 + offset}/api/traces`,
    OAUTH_ISSUER: gateway,
    JWKS_URL: `${local}:${8081 + offset}/.well-known/jwks.json`,
    DEMO_MODE: 'true',
    SERVICE_KEYS_FILE: join(data, 'secrets', `${service}.keys.json`),
    MONGO_URL: `mongodb://127.0.0.1:${27017 + offset}/${service}-candidate`,
    ...Object.fromEntries(neighbours.map(([name, url]) => [`${name.toUpperCase()}_URL`, toDoor(url)])),
  };
  const doors = `--url ${local}:${adminPort - 200} --internal ${local}:${adminPort - 100} --admin ${local}:${adminPort}`;
  return [
    ...Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`),
    `# Then: npm run conformance -- --service ${service} ${doors} --data ${data} --pid PID`,
  ].join('\n');
};
