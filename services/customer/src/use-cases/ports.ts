import type { Clock } from '@glasshouse/service-kit';
import type { ActiveCustomer, Address, Customer, PendingCustomer, Profile, Unfinished } from '../domain.js';

export interface Registration extends Profile {
  readonly email: string;
  readonly password: string;
}

/** `null` removes the address, an absent field stays as it is. */
export interface ProfileChanges {
  readonly name?: string | undefined;
  readonly address?: Address | null | undefined;
}

export interface Page {
  readonly items: readonly ActiveCustomer[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: PagePosition | undefined;
}

export interface PagePosition {
  readonly createdAt: Date;
  readonly id: string;
}

/** Every write is one guarded write on one document; one that lost its race says so and changes nothing. */
export interface CustomerStore {
  /** `false` if the e-mail address stands there already. */
  insertPending(pending: PendingCustomer): Promise<boolean>;
  find(id: string): Promise<Customer | undefined>;
  findByEmail(email: string): Promise<Customer | undefined>;
  /** Takes up unfinished work; `undefined` if somebody else has. */
  claim<T extends Unfinished>(seen: T, now: Date): Promise<T | undefined>;
  /** Lets the next one take up the work from this time on. */
  release(pending: PendingCustomer, claimedAt: Date): Promise<void>;
  /** Without a profile the one from the registration stays. */
  activate(seen: Unfinished, profile?: Profile): Promise<ActiveCustomer | undefined>;
  discard(seen: Unfinished): Promise<void>;
  update(id: string, changes: ProfileChanges): Promise<ActiveCustomer | undefined>;
  /** Forgets who it was and keeps the id, which orders refer to. `false` if there is no such customer any more. */
  anonymise(id: string, now: Date): Promise<boolean>;
  markClosed(id: string): Promise<void>;
  list(limit: number, after: PagePosition | undefined): Promise<Page>;
  /** Oldest first. */
  findUnfinished(untouchedSince: Date, limit: number): Promise<readonly Unfinished[]>;
  /** When the oldest unfinished work began; `undefined` if there is none. */
  oldestUnfinished(): Promise<Date | undefined>;
  seed(customer: ActiveCustomer): Promise<void>;
}

/** The logins, which oauth keeps. Creating and removing may be repeated; removing is final for that id. */
export interface Credentials {
  create(credential: { id: string; email: string; password: string }): Promise<CredentialOutcome>;
  exists(id: string): Promise<boolean>;
  /** `false` if it is not known whether it happened. */
  remove(id: string): Promise<boolean>;
}

/**
 * `created` and `existed`: the login with this password stands. `conflict`: this id has one with another password.
 * `removed`: this id can have none any more. `email_taken`: another id has the address.
 */
export type CredentialOutcome = 'created' | 'existed' | 'conflict' | 'removed' | 'email_taken';

/** The facts that these use cases state. */
export interface Probe {
  customerRegistered(id: string): void;
  emailWasTaken(): void;
  registrationInterrupted(id: string): void;
  /** By whoever came later: the recovery, a repeated request, or the customer's own login. */
  registrationFinished(id: string): void;
  registrationAbandoned(id: string): void;
  customerUpdated(id: string): void;
  customerClosed(id: string): void;
  loginRemovalDeferred(id: string): void;
  loginRemoved(id: string): void;
  oldestUnfinished(ageSeconds: number): void;
}

export interface Ports {
  store: CustomerStore;
  credentials: Credentials;
  probe: Probe;
  clock: Clock;
  newId: () => string;
}
