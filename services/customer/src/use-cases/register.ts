import { type ActiveCustomer, claimMs, isClaimed, normaliseEmail, type PendingCustomer } from '../domain.js';
import { errors } from '../errors.js';
import { createFinish } from './finish.js';
import type { CredentialOutcome, Ports, Registration } from './ports.js';

/** Registration crosses two services: an address is reserved here, the login is created there, and then it counts. */
export const createRegister = (ports: Ports) => {
  const { store, credentials, probe, clock, newId } = ports;
  const finish = createFinish(ports);

  const emailTaken = (detail?: string, retryAfterSeconds?: number): never => {
    probe.emailWasTaken();
    throw errors.emailTaken({ detail, retryAfterSeconds });
  };

  const inProgress = (): never =>
    emailTaken('A registration with this address is under way.', Math.ceil(claimMs / 1000));

  /** The PENDING document reserves the address and the id; an abandoned one is taken up where it was left. */
  const begin = async ({ email, name, address }: Registration): Promise<PendingCustomer | undefined> => {
    const now = clock.now();
    const fresh: PendingCustomer = {
      state: 'PENDING',
      id: newId(),
      version: 1,
      email: normaliseEmail(email),
      name,
      address,
      createdAt: now,
      claimedAt: now,
    };
    if (await store.insertPending(fresh)) return fresh;
    const standing = await store.findByEmail(fresh.email);
    if (standing === undefined) return undefined;
    if (standing.state !== 'PENDING') return emailTaken();
    if (isClaimed(standing, now)) return inProgress();
    return (await store.claim(standing, now)) ?? inProgress();
  };

  const createLogin = async (pending: PendingCustomer, password: string): Promise<CredentialOutcome> => {
    try {
      return await credentials.create({ id: pending.id, email: pending.email, password });
    } catch (error) {
      // Nobody knows whether the login stands. The same request again may find out at once, not only after the claim.
      probe.registrationInterrupted(pending.id);
      await store.release(pending, new Date(clock.now().getTime() - claimMs));
      throw error;
    }
  };

  return {
    /**
     * Reserves the address, has oauth create the login, and makes the customer active. The password goes to oauth
     * and nowhere else, so whatever a crash leaves can be finished or taken back without it.
     * @throws errors.emailTaken, errors.registrationInterrupted, downstream errors
     */
    async register(registration: Registration): Promise<ActiveCustomer> {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const pending = await begin(registration);
        if (pending === undefined) continue;
        const outcome = await createLogin(pending, registration.password);
        if (outcome === 'created' || outcome === 'existed') {
          const { name, address } = registration;
          const customer = await finish(pending, { name, address });
          probe.customerRegistered(customer.id);
          return customer;
        }
        if (outcome === 'conflict') {
          // An earlier registration got as far as its login, with another password: it is the one that counts.
          if ((await store.activate(pending)) !== undefined) probe.registrationFinished(pending.id);
          return emailTaken();
        }
        await store.discard(pending);
        if (outcome === 'email_taken') return emailTaken();
      }
      throw errors.registrationInterrupted({ retryAfterSeconds: 1 });
    },
  };
};
