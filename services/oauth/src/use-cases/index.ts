import { createCredentials } from './credentials.js';
import { createKeys } from './keys.js';
import { createLogin } from './login.js';
import type { Ports } from './ports.js';
import { createTokens } from './tokens.js';

export const createUseCases = (ports: Ports) => ({
  ...createLogin(ports),
  ...createTokens(ports),
  ...createCredentials(ports),
  ...createKeys(ports),
});

export type UseCases = ReturnType<typeof createUseCases>;
export type { SigningKey } from './ports.js';
export type { Introspection } from './tokens.js';
