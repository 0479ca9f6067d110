import {
  arrows,
  backoffMs,
  isPath,
  isTooOld,
  newOrder,
  type OrderState,
  openStates,
  orderStates,
  pricedLines,
  toBodyHash,
  toOrderId,
  toOrderNo,
} from './domain.js';

const at = new Date('2026-01-01T12:00:00Z');
const accepted = newOrder({
  id: toOrderId('ada', 'key'),
  salt: 0,
  sub: 'ada',
  bodyHash: 'h',
  lines: [{ sku: 'TEA-001', name: 'Assam', quantity: 2, unitPrice: 1290 }],
  currency: 'EUR',
  paymentMethod: 'card_ok',
  lease: { owner: 'me', until: new Date(at.getTime() + 10_000) },
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  at,
});

test('every state but ACCEPTED is reached by an arrow, and only CONFIRMED and CANCELLED are ends', () => {
  const reached = new Set<OrderState>(orderStates.flatMap((state) => arrows[state]));
  expect(orderStates.filter((state) => !reached.has(state))).toEqual(['ACCEPTED']);
  expect(orderStates.filter((state) => !openStates.includes(state))).toEqual(['CONFIRMED', 'CANCELLED']);
});

test.each<[boolean, OrderState[]]>([
  [true, ['ACCEPTED']],
  [true, ['ACCEPTED', 'RESERVED', 'CHARGED', 'CONFIRMED']],
  [true, ['ACCEPTED', 'RESERVED', 'CANCELLING', 'CANCELLED']],
  [true, ['ACCEPTED', 'CANCELLING', 'CANCELLED']],
  [false, []],
  [false, ['RESERVED']],
  [false, ['ACCEPTED', 'CHARGED']],
  [false, ['ACCEPTED', 'RESERVED', 'CHARGED', 'CANCELLING']],
  [false, ['ACCEPTED', 'CANCELLING', 'CANCELLED', 'CANCELLING']],
])('whether it is %s that a history may read %j', (isAllowed, states) => {
  expect(isPath(states)).toBe(isAllowed);
});

test('the same key of two customers makes two orders', () => {
  expect(toOrderId('ada', 'key')).toBe(toOrderId('ada', 'key'));
  expect(toOrderId('ada', 'key')).not.toBe(toOrderId('bob', 'key'));
  expect(toOrderId('ada', 'key')).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test('the body hash sees lines and payment method, and nothing of how they were written', () => {
  const line = { sku: 'TEA-001', quantity: 2 };
  const hash = toBodyHash({ lines: [line], paymentMethod: 'card_ok' });
  expect(toBodyHash({ paymentMethod: 'card_ok', lines: [{ quantity: 2, sku: 'TEA-001' }] })).toBe(hash);
  expect(toBodyHash({ lines: [{ ...line, quantity: 3 }], paymentMethod: 'card_ok' })).not.toBe(hash);
  expect(toBodyHash({ lines: [line], paymentMethod: 'card_slow' })).not.toBe(hash);
});

test('an order number names the year, can be read out, and is another one with another salt', () => {
  expect(toOrderNo('some-id', 2026, 0)).toMatch(/^G-2026-[0-9A-HJKMNP-TV-Z]{6}$/);
  expect(toOrderNo('some-id', 2026, 1)).not.toBe(toOrderNo('some-id', 2026, 0));
});

test('a new order is held by its request and knows its total and its trace', () => {
  expect(accepted).toMatchObject({ state: 'ACCEPTED', total: 2580, version: 1, attempts: 0 });
  expect(accepted.nextAttemptAt).toEqual(accepted.lease.until);
  expect(accepted.history).toEqual([
    { state: 'ACCEPTED', at, by: 'request', traceId: '0af7651916cd43dd8448eb211c80319c' },
  ]);
});

const euros = (sku: string, amount: number, currency = 'EUR') => ({ sku, name: sku, unitPrice: { amount, currency } });

test.each([
  ['unknown_sku', [{ sku: 'A', quantity: 1 }], []],
  [
    'mixed_currencies',
    [
      { sku: 'A', quantity: 1 },
      { sku: 'B', quantity: 1 },
    ],
    [euros('A', 1), euros('B', 1, 'USD')],
  ],
  ['total_out_of_bounds', [{ sku: 'A', quantity: 1 }], [euros('A', 0)]],
  ['total_out_of_bounds', [{ sku: 'A', quantity: 1_000 }], [euros('A', 100_001)]],
])('lines are refused as %s', (code, lines, prices) => {
  expect(() => pricedLines(lines, prices)).toThrow(expect.objectContaining({ code }));
});

test('lines keep the order in which they were asked for, whatever the order of the prices', () => {
  const asked = [
    { sku: 'A', quantity: 1 },
    { sku: 'B', quantity: 2 },
  ];
  expect(pricedLines(asked, [euros('B', 5), euros('A', 7)])).toEqual({
    currency: 'EUR',
    lines: [
      { sku: 'A', name: 'A', quantity: 1, unitPrice: 7 },
      { sku: 'B', name: 'B', quantity: 2, unitPrice: 5 },
    ],
  });
});

test('the back-off doubles, spreads, and stays below a minute for ever', () => {
  expect(backoffMs(0, 0)).toBe(900);
  expect(backoffMs(3, 0)).toBe(7_200);
  expect(backoffMs(3, 1)).toBe(4_000);
  expect(backoffMs(10_000, 0)).toBe(54_000);
});

test('an order is too old a quarter of an hour after it was accepted', () => {
  expect(isTooOld(accepted, new Date(at.getTime() + 15 * 60_000))).toBe(false);
  expect(isTooOld(accepted, new Date(at.getTime() + 15 * 60_000 + 1))).toBe(true);
});
