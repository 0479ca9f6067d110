import { z } from 'zod';
import { createLinks } from './links.js';
import { decodeCursor, encodeCursor, pageQuery } from './paging.js';

describe('a cursor', () => {
  test('comes back as it was', () => {
    const cursor = encodeCursor(['2026-01-01', 'é"/?']);
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeCursor(cursor)).toEqual(['2026-01-01', 'é"/?']);
  });

  test.each(['', '!', 'bm90IGpzb24', 'a b', '../..'])('%j is refused', (text) => {
    expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: 'invalid_request', status: 400 }));
  });
});

test('a page has 20 items, or 1 to 100 if the caller says so', () => {
  const query = z.strictObject(pageQuery);
  expect(query.parse({})).toEqual({ limit: 20 });
  expect(query.parse({ limit: '100' })).toEqual({ limit: 100 });
  for (const limit of ['0', '101', '1.5', 'x']) expect(query.safeParse({ limit }).success).toBe(false);
});

test('links are absolute, however the public address is written', () => {
  expect(createLinks('http://shop.test/')('/api/orders/1')).toBe('http://shop.test/api/orders/1');
  expect(createLinks('https://shop.test/base')('api')).toBe('https://shop.test/base/api');
});
