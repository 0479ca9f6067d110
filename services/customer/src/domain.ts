/** The customer of the demo; oauth seeds the login of this id. */
export const demoCustomer = {
  id: 'ada0ada0-0000-4000-8000-000000000001',
  email: 'ada@glasshouse.test',
  name: 'Ada Lovelace',
} as const;

export interface Address {
  readonly street: string;
  readonly city: string;
  readonly postalCode: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

export interface Profile {
  readonly name: string;
  readonly address?: Address | undefined;
}

interface Held {
  readonly id: string;
  /** Counts the claims: whoever writes says which claim it works under, and a lost race shows. */
  readonly version: number;
}

interface Known extends Held, Profile {
  readonly email: string;
  readonly createdAt: Date;
}

/**
 * A registration and a deletion cross two services, so each has a state in which a crash can leave it:
 * PENDING until oauth has the login, CLOSING until oauth has it no more. Both are finished by whoever comes next.
 *
 *     PENDING --login created--> ACTIVE --deletion--> CLOSING --login removed--> CLOSED
 *        `--no login: removed without a trace
 */
export type Customer = PendingCustomer | ActiveCustomer | ClosedCustomer;
export type PendingCustomer = Known & { readonly state: 'PENDING'; readonly claimedAt: Date };
export type ActiveCustomer = Known & { readonly state: 'ACTIVE' };
type ClosedCustomer = Held & { readonly state: 'CLOSING' | 'CLOSED' };

/** A PENDING or CLOSING customer that nobody has worked on for a while. */
export interface Unfinished extends Held {
  readonly state: 'PENDING' | 'CLOSING';
}

/** Longer than any request lives, so that two live requests rarely work on one registration; safe even if they do. */
export const claimMs = 10_000;
/** After this long without anybody's work the recovery takes it up. */
export const recoveryMs = 15_000;

/** Two spellings of one address are one customer. */
export const normaliseEmail = (email: string): string => email.toLowerCase();

export const isClaimed = (pending: PendingCustomer, now: Date): boolean =>
  now.getTime() - pending.claimedAt.getTime() < claimMs;

/**
 * A token for a PENDING customer exists only after oauth has stored the login, so whoever is asked about may buy:
 * of that registration nothing but the last write is missing.
 */
export const mayBuy = ({ state }: Customer): boolean => state === 'ACTIVE' || state === 'PENDING';
