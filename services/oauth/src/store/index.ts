import type { Database } from '@glasshouse/service-kit';
import { createClientStore } from './clients.js';
import { createCredentialStore } from './credentials.js';
import { createFamilyStore } from './families.js';
import { createRingStore } from './key-ring.js';
import { createThrottleStore } from './throttles.js';

/** Everything oauth keeps, one collection each. */
export const createStore = (database: Database) => ({
  credentials: createCredentialStore(database),
  families: createFamilyStore(database),
  clients: createClientStore(database),
  throttles: createThrottleStore(database),
  keyRing: createRingStore(database),
});
