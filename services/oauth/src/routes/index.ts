import { createLinks, type Links, type Route } from '@glasshouse/service-kit';
import { type ClientAddressOf, toSocketAddress } from '../client-address.js';
import type { UseCases } from '../use-cases/index.js';
import { createDiscoveryRoutes } from './discovery.js';
import { createLoginRoutes } from './login.js';
import { createOAuthRoutes } from './oauth.js';

export { createInternalRoutes } from './internal.js';

export interface RouteSettings {
  /** What tokens say in `iss`; by RFC 8414 the address below which the metadata stands. */
  readonly issuer: string;
  readonly addressOf: ClientAddressOf;
}

/** The public routes. */
export const createRoutes = (
  useCases: UseCases,
  links: Links = createLinks('http://localhost:8080'),
  { issuer, addressOf }: RouteSettings = { issuer: 'http://localhost:8080', addressOf: toSocketAddress },
): Route[] => [
  ...createLoginRoutes(useCases, addressOf),
  ...createOAuthRoutes(useCases, issuer),
  ...createDiscoveryRoutes(useCases, links, issuer),
];
