import { judgeRefresh, narrowScope, type RefreshFamily, toAddressKey, toLoginDelayMs, toSuccessor } from './domain.js';

const now = new Date('2026-01-01T12:00:00Z');
const family: RefreshFamily = {
  id: 'family',
  sub: 'somebody',
  clientId: 'glasshouse-shop',
  scope: ['shop'],
  secret: 'a secret',
  currentHash: 'current',
  previousHash: 'previous',
  rotatedAt: new Date(now.getTime() - 10_000),
  createdAt: now,
  expiresAt: new Date(now.getTime() + 1),
};

test.each([
  ['the current token', family, 'current', 'rotate'],
  ['its predecessor after ten seconds to the millisecond', family, 'previous', 'replay'],
  ['its predecessor later', { ...family, rotatedAt: new Date(now.getTime() - 10_001) }, 'previous', 'reuse'],
  [
    'its predecessor by a clock that runs behind',
    { ...family, rotatedAt: new Date(now.getTime() + 500) },
    'previous',
    'replay',
  ],
  ['any other token', family, 'older', 'reuse'],
  ['the current token of a revoked family', { ...family, revokedAt: now }, 'current', 'refuse'],
  ['the current token of a family that is over', { ...family, expiresAt: now }, 'current', 'refuse'],
])('%s is judged', (_what, standing, hash, verdict) => {
  expect(judgeRefresh(standing, hash, now)).toBe(verdict);
});

test('a successor depends on the presented token and on the secret of the family, and on nothing else', () => {
  expect(toSuccessor(family, 'a')).toBe(toSuccessor({ ...family, currentHash: 'x' }, 'a'));
  expect(toSuccessor(family, 'a')).not.toBe(toSuccessor(family, 'b'));
  expect(toSuccessor(family, 'a')).not.toBe(toSuccessor({ ...family, secret: 'another' }, 'a'));
});

test('four failures are free, the fifth costs a second, and nothing costs more than 15 minutes', () => {
  expect([1, 4, 5, 6, 7, 14, 15, 1000].map(toLoginDelayMs)).toEqual([
    0, 0, 1000, 2000, 4000, 512_000, 900_000, 900_000,
  ]);
});

test('a scope can only become less', () => {
  expect(narrowScope(['shop', 'admin'], undefined)).toEqual(['shop', 'admin']);
  expect(narrowScope(['shop', 'admin'], 'admin admin')).toEqual(['admin']);
  expect(narrowScope(['shop'], 'shop admin')).toBeUndefined();
  expect(narrowScope(['shop'], '')).toBeUndefined();
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['not an address', 'unknown'],
  [undefined, 'unknown'],
])('the address %s counts as %s', (address, key) => {
  expect(toAddressKey(address)).toBe(key);
});
