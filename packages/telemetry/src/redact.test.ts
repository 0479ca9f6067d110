import fc from 'fast-check';
import { cut, redact } from './redact.js';

const secrets: [text: string, secret: string][] = [
  ['connect mongodb://shop:hunter2@db:27017 failed', 'hunter2'],
  ['GET http://product/api/products?q=red+shoes&limit=2 failed', 'red+shoes'],
  ['GET /api/products?q=red answered 503', 'q=red'],
  ['no user ada@glasshouse.test', 'ada@glasshouse.test'],
  ['no user ada%40glasshouse.test', 'glasshouse.test'],
  ['E11000 duplicate key error collection: x index: email_1 dup key: { email: "ada" }', '"ada"'],
  ['Authorization: Bearer abc.def-123', 'abc.def'],
  ['jwt malformed: eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'eyJzdWIi'],
  ['{"password":"correct horse","x":1}', 'correct horse'],
  ['client_secret=s3cr3t&x=1', 's3cr3t'],
  ['card 4111 1111 1111 1111 declined', '1111 1111'],
  ['-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----', 'MIIabc'],
  ['verify $argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA failed', 'c2FsdA'],
  ['refresh token zk3J8s0PqLmN2vXy7TbQ9wRc5HdF1gKa unknown', 'zk3J8s0P'],
];

describe('redact', () => {
  it.each(secrets)('takes the secret out of: %s', (text, secret) => {
    expect(redact(text, 500)).not.toContain(secret);
  });

  it('leaves alone what helps to find the cause', () => {
    const text = [
      'TypeError: Cannot read properties of undefined',
      '    at placeOrder (services/order/dist/use-cases.js:12:34)',
      '    at node_modules/@glasshouse/service-kit/dist/app.js:1:2',
      'connect ECONNREFUSED 127.0.0.1:8183, trace 4bf92f3577b34da6a3ce929d0e0e4736, request 7b7dd6a1-6a4c-4a3c-9f43-8ba8d0d0a7ee',
    ].join('\n');
    expect(redact(text, 2_000)).toBe(text);
  });

  it('cuts long texts without breaking a character in two', () => {
    expect(cut('abcdef', 4)).toBe('abc…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 2, max: 50 }), (text, length) => {
        const result = cut(text, length);
        expect(result.length).toBeLessThanOrEqual(length);
        expect(Buffer.from(result).toString()).toBe(result);
      }),
    );
  });

  it('stays quick on hostile text', () => {
    for (const unit of ['a', 'a.', '@', '?a=', '1 ', '-----BEGIN A', 'token', 'eyJ', '://x']) {
      expect(redact(unit.repeat(20_000), 4_000).length).toBeLessThanOrEqual(4_000);
    }
  });
});
