import type { ActiveCustomer, PendingCustomer, Profile } from '../domain.js';
import { errors } from '../errors.js';
import type { Ports } from './ports.js';

/** The last write of a registration, whoever makes it. Without a profile the one that was given first stays. */
export const createFinish =
  ({ store }: Pick<Ports, 'store'>) =>
  async (pending: PendingCustomer, profile?: Profile): Promise<ActiveCustomer> => {
    const active = await store.activate(pending, profile);
    if (active !== undefined) return active;
    const standing = await store.find(pending.id);
    if (standing?.state === 'ACTIVE') return standing;
    throw errors.registrationInterrupted({ retryAfterSeconds: 1 });
  };
