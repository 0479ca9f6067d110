import { kitErrors } from '@glasshouse/service-kit';
import { type ActiveCustomer, mayBuy } from '../domain.js';
import { createFinish } from './finish.js';
import type { Page, PagePosition, Ports, ProfileChanges } from './ports.js';

export const createProfile = (ports: Ports) => {
  const { store, credentials, probe, clock } = ports;
  const finish = createFinish(ports);

  /** A customer who logged in has a login, so a PENDING one of that id only lacks its last write. */
  const findOwn = async (id: string): Promise<ActiveCustomer> => {
    const customer = await store.find(id);
    if (customer?.state === 'ACTIVE') return customer;
    if (customer?.state !== 'PENDING') throw kitErrors.notFound();
    const active = await finish(customer);
    probe.registrationFinished(id);
    return active;
  };

  return {
    findOwn,

    /** Customers see themselves, admins everybody; what is none of the caller's business does not exist. */
    async findFor(caller: { sub: string; isAdmin: boolean }, id: string): Promise<ActiveCustomer> {
      if (caller.sub === id) return findOwn(id);
      const customer = caller.isAdmin ? await store.find(id) : undefined;
      if (customer?.state !== 'ACTIVE') throw kitErrors.notFound();
      return customer;
    },

    list: (limit: number, after: PagePosition | undefined): Promise<Page> => store.list(limit, after),

    async update(id: string, changes: ProfileChanges): Promise<ActiveCustomer> {
      await findOwn(id);
      const customer = await store.update(id, changes);
      if (customer === undefined) throw kitErrors.notFound();
      probe.customerUpdated(id);
      return customer;
    },

    /** The profile is gone when this returns; the login too, or as soon as oauth can be reached. Safe to repeat. */
    async close(id: string): Promise<void> {
      if (await store.anonymise(id, clock.now())) probe.customerClosed(id);
      const standing = await store.find(id);
      if (standing === undefined) throw kitErrors.notFound();
      if (standing.state === 'CLOSED') return;
      if (!(await credentials.remove(id))) return probe.loginRemovalDeferred(id);
      await store.markClosed(id);
      probe.loginRemoved(id);
    },

    /** For the service order. @throws kitErrors.notFound if there never was such a customer */
    async judgeBuyer(id: string): Promise<{ id: string; mayBuy: boolean }> {
      const customer = await store.find(id);
      if (customer === undefined) throw kitErrors.notFound();
      return { id, mayBuy: mayBuy(customer) };
    },
  };
};
