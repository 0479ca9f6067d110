import { type ActiveCredential, type Client, type Credential, demoIds, normaliseEmail, toDigest } from '../domain.js';
import { errors } from '../errors.js';
import type { Ports } from './ports.js';

export interface NewCredential {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

export const createCredentials = (ports: Ports) => {
  const { credentials, families, clients, passwords, probe, clock } = ports;

  /** What stands in the way of a new credential, in the order in which it matters. */
  const answerStanding = async (standing: Credential | undefined, request: NewCredential): Promise<'existed'> => {
    if (standing === undefined) throw errors.emailTaken();
    if (standing.state === 'REMOVED') throw errors.credentialRemoved();
    const isSame =
      standing.email === normaliseEmail(request.email) &&
      (await passwords.verify(standing.passwordHash, request.password));
    if (!isSame) throw errors.credentialConflict();
    return 'existed';
  };

  const seedUser = async (user: Pick<ActiveCredential, 'id' | 'email' | 'roles'>, password: string): Promise<void> => {
    const standing = await credentials.find(user.id);
    if (standing?.state === 'REMOVED') return;
    if (standing !== undefined && (await passwords.verify(standing.passwordHash, password))) return;
    const passwordHash = await passwords.hash(password);
    if (standing !== undefined) return credentials.replacePassword(user.id, passwordHash);
    await credentials.insert({ ...user, state: 'ACTIVE', passwordHash, createdAt: clock.now() });
  };

  return {
    /**
     * Creates a customer's login. Safe to repeat: the same id, e-mail and password again change nothing.
     * @throws errors.emailTaken, errors.credentialConflict, errors.credentialRemoved, overloaded
     */
    async createCredential(request: NewCredential): Promise<'created' | 'existed'> {
      const standing = await credentials.find(request.id);
      if (standing !== undefined) return answerStanding(standing, request);
      const passwordHash = await passwords.hash(request.password);
      const isInserted = await credentials.insert({
        state: 'ACTIVE',
        id: request.id,
        email: normaliseEmail(request.email),
        passwordHash,
        roles: ['customer'],
        createdAt: clock.now(),
      });
      if (!isInserted) return answerStanding(await credentials.find(request.id), request);
      probe.credentialCreated(request.id);
      return 'created';
    },

    async hasCredential(id: string): Promise<boolean> {
      return (await credentials.find(id))?.state === 'ACTIVE';
    },

    /** Safe to repeat, and final: the id can never have a login again, even if a creation arrives late. */
    async removeCredential(id: string): Promise<void> {
      const isRemoved = await credentials.remove(id, clock.now());
      await families.revokeAllOf(id, clock.now());
      if (isRemoved) probe.credentialRemoved(id);
    },

    /** The logins and the API client of a demo, with the passwords of this start. */
    async seedDemo(secrets: { admin: string; customer: string; client: string }): Promise<void> {
      const client: Client = { id: demoIds.client, secretHash: toDigest(secrets.client), scope: ['shop:read'] };
      await clients.put(client);
      await seedUser({ id: demoIds.admin, email: 'admin@glasshouse.test', roles: ['admin'] }, secrets.admin);
      await seedUser({ id: demoIds.customer, email: 'ada@glasshouse.test', roles: ['customer'] }, secrets.customer);
    },
  };
};
