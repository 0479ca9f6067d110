import { type Charge, compareToCharge, isOwnedBy, type Payment } from './domain.js';

const charge: Charge = {
  orderId: 'order-0001',
  money: { amount: 2580, currency: 'EUR' },
  sub: 'ada',
  paymentMethod: 'card_ok',
};
const at = '2026-01-01T12:00:00.000Z';
const paymentIn = (state: 'SUCCEEDED' | 'DECLINED' | 'REFUNDED'): Payment => ({
  orderId: charge.orderId,
  money: charge.money,
  sub: charge.sub,
  state,
  at,
});
const tombstone: Payment = { orderId: charge.orderId, state: 'VOIDED', at };

test('the same charge meets its own decision', () => {
  expect(compareToCharge(paymentIn('SUCCEEDED'), charge)).toBe('same');
  expect(compareToCharge(paymentIn('DECLINED'), charge)).toBe('same');
});

test('another amount or another customer is another charge', () => {
  const dearer = { ...charge, money: { ...charge.money, amount: 2581 } };
  expect(compareToCharge(paymentIn('SUCCEEDED'), dearer)).toBe('different');
  expect(compareToCharge(paymentIn('SUCCEEDED'), { ...charge, sub: 'eve' })).toBe('different');
});

test('what was given up stays given up, whatever the amount', () => {
  expect(compareToCharge(tombstone, charge)).toBe('given_up');
  expect(compareToCharge(paymentIn('REFUNDED'), { ...charge, sub: 'eve' })).toBe('given_up');
});

test('a payment belongs to who paid, a tombstone to nobody', () => {
  expect(isOwnedBy(paymentIn('SUCCEEDED'), 'ada')).toBe(true);
  expect(isOwnedBy(paymentIn('SUCCEEDED'), 'eve')).toBe(false);
  expect(isOwnedBy(tombstone, '')).toBe(false);
});
