import type { KeyObject } from 'node:crypto';
import type { Clock } from '@glasshouse/service-kit';
import type { ActiveCredential, Client, Credential, RefreshFamily, Role, Throttle } from '../domain.js';

/** Credentials by id and by normalised e-mail; both are unique. */
export interface CredentialStore {
  find(id: string): Promise<Credential | undefined>;
  findByEmail(email: string): Promise<ActiveCredential | undefined>;
  /** `false` if the id or the e-mail already stands there. */
  insert(credential: ActiveCredential): Promise<boolean>;
  replacePassword(id: string, passwordHash: string): Promise<void>;
  /** Leaves a tombstone, also where nothing was. `true` if a login was removed by this very call. */
  remove(id: string, now: Date): Promise<boolean>;
}

export interface FamilyStore {
  insert(family: RefreshFamily): Promise<void>;
  find(id: string): Promise<RefreshFamily | undefined>;
  /** One guarded write: `false` if `from` is no longer the current token or the family was revoked. */
  rotate(step: { id: string; from: string; to: string; now: Date }): Promise<boolean>;
  /** `true` if this very call revoked it. */
  revoke(id: string, now: Date): Promise<boolean>;
  revokeAllOf(sub: string, now: Date): Promise<void>;
}

export interface ClientStore {
  find(id: string): Promise<Client | undefined>;
  put(client: Client): Promise<void>;
}

/** Failed logins per account. They stand in the database that a login needs anyway, so they cannot be lost alone. */
export interface ThrottleStore {
  find(key: string): Promise<Throttle | undefined>;
  /** `false` if the throttle is no longer what the caller saw. */
  replace(key: string, seen: Throttle, next: Throttle): Promise<boolean>;
  /** Counts one failure and returns how many there are now. */
  countFailure(key: string, now: Date): Promise<number>;
  block(key: string, until: Date): Promise<void>;
  clear(key: string): Promise<void>;
}

/** Failures per client address in a window; shared between replicas as far as the shared counters can be reached. */
interface AddressFailures {
  get(address: string): Promise<number>;
  count(address: string): Promise<void>;
}

/** argon2id, bounded; both reject with `overloaded` if too many wait. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes as long for an unknown account (no hash) as for a known one. */
  verify(hash: string | undefined, password: string): Promise<boolean>;
}

interface AccessClaims {
  readonly sub: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly roles: readonly Role[];
}

export interface VerifiedToken extends AccessClaims {
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
}

export interface AccessTokens {
  issue(claims: AccessClaims, ttlS: number): string;
  /** `undefined` for whatever is no valid access token of this issuer now. */
  verify(token: string): VerifiedToken | undefined;
}

export interface SigningKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly createdAt: Date;
}

/** `next` is published before it signs, `previous` after it has signed its last: a rotation loses no request. */
export interface KeyRing {
  readonly version: number;
  readonly next: SigningKey & { readonly privateKey: KeyObject };
  readonly current: SigningKey & { readonly privateKey: KeyObject };
  readonly previous: SigningKey | undefined;
  readonly rotatedAt: Date | undefined;
}

export interface SigningKeys {
  ring(): KeyRing;
  /** Promotes next to current. `undefined` if another replica rotated at the same moment. */
  rotate(now: Date): Promise<KeyRing | undefined>;
}

/** The facts that these use cases state. A user is named by id, and only where the id is known. */
export interface Probe {
  loginSucceeded(userId: string): void;
  loginFailed(userId: string | undefined): void;
  loginThrottled(by: 'account' | 'address'): void;
  tokenRefreshed(userId: string, how: 'rotate' | 'replay'): void;
  refreshRefused(): void;
  reuseDetected(userId: string): void;
  tokenRevoked(userId: string): void;
  clientTokenIssued(clientId: string): void;
  clientRefused(): void;
  credentialCreated(userId: string): void;
  credentialRemoved(userId: string): void;
  keysRotated(kid: string, isForced: boolean): void;
}

export interface Ports {
  credentials: CredentialStore;
  families: FamilyStore;
  clients: ClientStore;
  throttles: ThrottleStore;
  addressFailures: AddressFailures;
  failuresPerAddress: number;
  passwords: Passwords;
  accessTokens: AccessTokens;
  signingKeys: SigningKeys;
  probe: Probe;
  clock: Clock;
  randomBytes: (size: number) => Buffer;
}
