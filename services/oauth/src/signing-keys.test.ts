import { randomBytes } from 'node:crypto';
import { createAccessTokens } from './access-tokens.js';
import { createSealing } from './sealing.js';
import {
  createSigningKeys,
  type GeneratePair,
  generateRsaPair,
  type RingStore,
  type StoredRing,
} from './signing-keys.js';

const createMemoryStore = (): RingStore & { ring: StoredRing | undefined } => ({
  ring: undefined,
  async find() {
    return this.ring;
  },
  async insert(ring) {
    if (this.ring !== undefined) return false;
    this.ring = ring;
    return true;
  },
  async replace(ring) {
    if (this.ring?.version !== ring.version - 1) return false;
    this.ring = ring;
    return true;
  },
});

/** Making keys is slow, and no test needs more than a few different ones. */
const pool: Awaited<ReturnType<GeneratePair>>[] = [];
let drawn = 0;
const generatePair: GeneratePair = async () => {
  drawn += 1;
  const pair = pool[drawn % pool.length];
  if (pair === undefined) throw new Error('The pool is empty.');
  return pair;
};
beforeAll(async () => {
  pool.push(...(await Promise.all(Array.from({ length: 4 }, generateRsaPair))));
});

const setUp = () => {
  const store = createMemoryStore();
  const sealing = createSealing(randomBytes(32));
  const now = () => new Date('2026-01-01T12:00:00Z');
  const openReplica = () => createSigningKeys({ store, openSealing: async () => sealing, now, generatePair });
  return { store, now, openReplica };
};

const claims = { sub: 'somebody', clientId: 'glasshouse-shop', scope: ['shop'], roles: ['customer' as const] };

test('replicas that start together make one ring', async () => {
  const { openReplica } = setUp();
  const [one, two] = [openReplica(), openReplica()];
  const outcomes = await Promise.all([one.load(), two.load()]);
  expect(outcomes.sort()).toEqual(['created', 'loaded']);
  expect(one.ring().current.kid).toBe(two.ring().current.kid);
  expect(one.ring().previous).toBeUndefined();
});

test('a rotation moves every key one slot on, and the one that signs no more loses its private half', async () => {
  const { store, now, openReplica } = setUp();
  const keys = openReplica();
  await keys.load();
  const before = keys.ring();
  const after = await keys.rotate(now());
  expect(after?.current.kid).toBe(before.next.kid);
  expect(after?.previous?.kid).toBe(before.current.kid);
  expect(store.ring?.previous).not.toHaveProperty('sealedPrivateKey');
  expect(JSON.stringify(store.ring)).not.toContain('PRIVATE');
});

test('two replicas that rotate at once rotate once, and the other one follows', async () => {
  const { store, now, openReplica } = setUp();
  const [one, two] = [openReplica(), openReplica()];
  await one.load();
  await two.load();
  const outcomes = await Promise.all([one.rotate(now()), two.rotate(now())]);
  expect(outcomes.filter((ring) => ring !== undefined)).toHaveLength(1);
  expect(store.ring?.version).toBe(2);
  await Promise.all([one.reload(), two.reload()]);
  expect(one.ring().current.kid).toBe(two.ring().current.kid);
});

test('the ring cannot be opened with another sealing key, and the message says what to do', async () => {
  const { store, now, openReplica } = setUp();
  await openReplica().load();
  const openSealing = async () => createSealing(randomBytes(32));
  const stranger = createSigningKeys({ store, openSealing, now, generatePair });
  await expect(stranger.load()).rejects.toThrow(/SIGNING_KEYS_FILE does not open/);
});

test('a token outlives one rotation, and not its time', async () => {
  const { now, openReplica } = setUp();
  const signingKeys = openReplica();
  await signingKeys.load();
  let time = now();
  const clock = { now: () => time };
  const tokens = createAccessTokens({ signingKeys, issuer: 'http://issuer.test', clock, newId: () => 'an id' });
  const token = tokens.issue(claims, 300);
  await signingKeys.rotate(time);
  expect(tokens.verify(token)).toMatchObject({ ...claims, jti: 'an id', exp: time.getTime() / 1000 + 300 });
  time = new Date(time.getTime() + 301_000);
  expect(tokens.verify(token)).toBeUndefined();
});

test('what another issuer signed, what is changed and what is no token at all is not verified', async () => {
  const { openReplica, now } = setUp();
  const signingKeys = openReplica();
  await signingKeys.load();
  const create = (issuer: string) => createAccessTokens({ signingKeys, issuer, clock: { now }, newId: () => 'an id' });
  const tokens = create('http://issuer.test');
  const good = tokens.issue(claims, 300);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
  const bad = [
    create('http://another.test').issue(claims, 300),
    `${header}.${payload.slice(1)}.${signature}`,
    `${unsigned}.${payload}.`,
    `${good}x`.repeat(30),
    'junk',
    '',
  ];
  expect(bad.map((token) => tokens.verify(token))).toEqual(bad.map(() => undefined));
});
