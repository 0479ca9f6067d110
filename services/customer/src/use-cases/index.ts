import { demoCustomer } from '../domain.js';
import type { Ports } from './ports.js';
import { createProfile } from './profile.js';
import { createRecover } from './recover.js';
import { createRegister } from './register.js';

export const createUseCases = (ports: Ports) => ({
  ...createRegister(ports),
  ...createProfile(ports),
  ...createRecover(ports),

  /** The customer whose login oauth seeds in demo mode. */
  seedDemo: (): Promise<void> =>
    ports.store.seed({ ...demoCustomer, state: 'ACTIVE', version: 1, createdAt: ports.clock.now() }),
});

export type UseCases = ReturnType<typeof createUseCases>;
