import { describeError } from './describe-error.js';

describe('description of an error', () => {
  it('names code, kind and message of an expected error, and no stack', () => {
    const error = Object.assign(new Error('Not enough stock.'), {
      code: 'out_of_stock',
      kind: 'conflict',
      isExpected: true,
    });
    expect(describeError(error)).toEqual({ code: 'out_of_stock', kind: 'conflict', message: 'Not enough stock.' });
  });

  it('adds the stack and the causes of an unexpected error, without their secrets', () => {
    const cause = Object.assign(new Error('mongodb://shop:hunter2@db refused'), { code: 'ECONNREFUSED' });
    const { code, kind, stack } = describeError(new TypeError('no database', { cause }));
    expect({ code, kind }).toEqual({ code: 'TypeError', kind: 'TypeError' });
    expect(stack).toMatch(/TypeError: no database[\s\S]*Caused by: Error: mongodb:\/\/\[redacted\]@db refused/);
    expect(stack).not.toContain('hunter2');
  });

  it('copes with anything that can be thrown', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    );
    expect(describeError(hostile)).toEqual({ code: 'Error', kind: 'Error', message: '' });
    expect(describeError('password=x')).toMatchObject({ code: 'not_an_error', message: 'password=[redacted]' });
    expect(describeError(undefined)).toMatchObject({ message: 'A undefined was thrown.' });
    const circular: { cause?: unknown; stack: string } = { stack: 'one' };
    circular.cause = circular;
    expect(describeError(circular).stack).toBe(Array(4).fill('one').join('\nCaused by: '));
    expect(describeError({ code: 11_000, message: 42 })).toMatchObject({ code: '11000', message: '' });
    expect(describeError({ code: 'ada@glasshouse.test' })).toMatchObject({ code: 'Error' });
  });
});
