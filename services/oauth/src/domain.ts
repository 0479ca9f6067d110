import { createHash, createHmac } from 'node:crypto';
import { isIP } from 'node:net';

/** The public client behind the shop's own login; it has no secret, so its refresh tokens need none. */
export const firstPartyClientId = 'glasshouse-shop';
export const demoIds = {
  admin: 'ad000000-0000-4000-8000-000000000001',
  customer: 'ada0ada0-0000-4000-8000-000000000001',
  client: 'demo-client',
} as const;

export const userTokenTtlS = 5 * 60;
export const clientTokenTtlS = 15 * 60;
/** A family ends this long after its login, however often it was refreshed. */
export const refreshFamilyTtlMs = 30 * 24 * 60 * 60_000;
/** So long may a client that lost the answer ask with the old token again. */
const refreshReplayMs = 10_000;

export type Role = 'customer' | 'admin';

/** A removed credential stays as a tombstone, so that a late or repeated creation cannot bring the login back. */
export type Credential =
  | { state: 'ACTIVE'; id: string; email: string; passwordHash: string; roles: readonly Role[]; createdAt: Date }
  | { state: 'REMOVED'; id: string; removedAt: Date };
export type ActiveCredential = Extract<Credential, { state: 'ACTIVE' }>;

/** An API client; its secret is long and random, so a plain digest of it is enough. */
export interface Client {
  readonly id: string;
  readonly secretHash: string;
  readonly scope: readonly string[];
}

/** All refresh tokens that descend from one login. Only digests of tokens are kept; `secret` derives successors. */
export interface RefreshFamily {
  readonly id: string;
  readonly sub: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly secret: string;
  readonly currentHash: string;
  readonly previousHash?: string | undefined;
  readonly rotatedAt?: Date | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt?: Date | undefined;
}

/** Two spellings of one address are one account. */
export const normaliseEmail = (email: string): string => email.toLowerCase();

export const toDigest = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** What a user's token is good for follows from the roles. */
export const toUserScope = (roles: readonly Role[]): string[] => [
  'shop',
  ...(roles.includes('admin') ? ['admin'] : []),
];

/** `undefined` if something is asked for that was not granted (RFC 6749, section 3.3). */
export const narrowScope = (granted: readonly string[], asked: string | undefined): readonly string[] | undefined => {
  if (asked === undefined) return granted;
  const wanted = [...new Set(asked.split(' '))];
  return wanted.every((each) => granted.includes(each)) ? wanted : undefined;
};

const refreshTokenPattern = /^([A-Za-z0-9_-]{22})\.[A-Za-z0-9_-]{43}$/;

/** The first refresh token of a family; random is 32 bytes. */
export const toFirstRefreshToken = (familyId: string, random: Buffer): string =>
  `${familyId}.${random.toString('base64url')}`;

/**
 * The token that replaces the presented one. It is derived, since only its digest is stored and yet a client that
 * lost the answer must be given the same one again. Without the family's secret nobody can follow the chain, and
 * without the presented token the database alone cannot either.
 */
export const toSuccessor = (family: RefreshFamily, presented: string): string =>
  `${family.id}.${createHmac('sha256', family.secret).update(presented).digest('base64url')}`;

/** The family that a refresh token says it belongs to; `undefined` if it is no refresh token at all. */
export const parseFamilyId = (token: string): string | undefined => refreshTokenPattern.exec(token)?.[1];

/**
 * What to do with a presented refresh token (RFC 9700, section 4.14.2). `replay` is the immediate predecessor again
 * within ten seconds: a lost answer. Any other token of the family that is not the current one is `reuse`.
 */
export const judgeRefresh = (
  family: RefreshFamily,
  presentedHash: string,
  now: Date,
): 'rotate' | 'replay' | 'reuse' | 'refuse' => {
  if (family.revokedAt !== undefined || family.expiresAt <= now) return 'refuse';
  if (presentedHash === family.currentHash) return 'rotate';
  const isPredecessor = presentedHash === family.previousHash && family.rotatedAt !== undefined;
  const ageMs = now.getTime() - (family.rotatedAt?.getTime() ?? 0);
  return isPredecessor && ageMs <= refreshReplayMs ? 'replay' : 'reuse';
};

export const isFamilyLive = (family: RefreshFamily, presentedHash: string, now: Date): boolean =>
  ['rotate', 'replay'].includes(judgeRefresh(family, presentedHash, now));

/** Failed logins of one account. */
export interface Throttle {
  readonly failures: number;
  readonly blockedUntil: Date;
}

export const freeFailures = 5;
const maxDelayMs = 15 * 60_000;

/** From the fifth failure on each further attempt has to wait twice as long: 1 s, 2 s, ... 15 min. */
export const toLoginDelayMs = (failures: number): number =>
  failures < freeFailures ? 0 : Math.min(maxDelayMs, 1000 * 2 ** (failures - freeFailures));

/** A throttle that no failure has touched for a day is forgotten. */
export const throttleTtlMs = 24 * 60 * 60_000;
export const addressWindowMs = 15 * 60_000;

/** What counts as one client address: an IPv4 address, or the /64 network of an IPv6 one, which is one household. */
export const toAddressKey = (address: string | undefined): string => {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIP(plain) !== 6) return isIP(plain) === 4 ? plain : 'unknown';
  const [head = '', tail] = plain.toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - first.length - last.length }, () => '0');
  return `${[...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
};
