import { createMetricStore } from '../store/metrics.js';
import { readQueries } from '../testing/promql/queries.js';
import { createSamples, loadSamples, samplesEnd } from '../testing/promql/samples.js';
import { createPromql, type Expression, PromqlError, parsePromql } from './index.js';

/** With all parentheses, and postfix operators behind their operand. */
const show = (expression: Expression): string => {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'parentheses':
      return show(expression.of);
    case 'negation':
      return `-${show(expression.of)}`;
    case 'binary':
      return `(${show(expression.left)} ${expression.operator} ${show(expression.right)})`;
    case 'call':
      return `${expression.name}(${expression.args.map(show).join(', ')})`;
    case 'aggregation':
      return `${expression.operator}(${expression.args.map(show).join(', ')})`;
    default: {
      const { range, offset } = expression;
      const of = expression.kind === 'selector' ? expression.matchers.at(-1)?.exact : show(expression.of);
      const step = expression.kind === 'subquery' ? `:${expression.step}` : '';
      return `${of}${range > 0 ? `[${range}${step}]` : ''}${offset === 0 ? '' : `!${offset}`}`;
    }
  }
};

it.each([
  ['a + b * c ^ d', '(a + (b * (c ^ d)))'],
  ['a ^ b ^ c', '(a ^ (b ^ c))'],
  ['a - b - c', '((a - b) - c)'],
  ['a or b and c unless d', '(a or ((b and c) unless d))'],
  ['a == b > c', '((a == b) > c)'],
  ['a % b atan2 c / d', '(((a % b) atan2 c) / d)'],
  ['-1 ^ 2', '-(1 ^ 2)'],
  ['2 ^ -1 ^ 2', '(2 ^ -(1 ^ 2))'],
  ['-a * b', '(-a * b)'],
  ['- -a', '--a'],
  ['a + b offset 5m', '(a + b!300000)'],
  ['a + b offset 5m * c', '(a + (b!300000 * c))'],
  ['a * b[5m:] + c offset -1s', undefined],
  ['rate(a[5m]) / rate(b[5m] offset 1h) * 2', '((rate(a[300000]) / rate(b[300000]!3600000)) * 2)'],
  ['a > -b offset 5s + 1', '(a > (-b!5000 + 1))'],
  ['-a offset 1m ^ 2', '-(a!60000 ^ 2)'],
  ['a ^ b offset 1m ^ c', '(a ^ (b!60000 ^ c))'],
  ['a or b offset 1m and c', '(a or (b!60000 and c))'],
  ['(a + b) * c', '((a + b) * c)'],
  ['max_over_time((a + b)[1h:5s] offset 1m)', 'max_over_time((a + b)[3600000:5000]!60000)'],
  ['sum by (x) (a) + count(b)', '(sum(a) + count(b))'],
])('%s is read by Prometheus’ precedences', (text, expected) => {
  const read = () => show(parsePromql(text));
  if (expected === undefined) expect(read).toThrow(PromqlError);
  else expect(read()).toBe(expected);
});

it.each([
  ['rate(x', '1:7: parse error: unexpected end of input'],
  ['sum(\n  x x)', '2:5: parse error: unexpected x)'],
  ['', '1:1: parse error'],
  ['nothing(x)', 'unknown function with name "nothing"'],
  ['x @ 5', 'x @ 5 is not supported'],
  ['count_values("v", x)', '"count_values" is not supported'],
  ['histogram_count(x)', '"histogram_count" is not supported'],
  ['x{"a"="b"}', 'is not supported'],
  ['x[5m] anchored', 'is not supported'],
  ['rate(x)', '"rate" does not take (vector)'],
  ['topk(x)', '"topk" does not take (vector)'],
  ['1 == 2', 'comparisons between scalars must use BOOL modifier'],
  ['(x)[5m]', 'ranges only allowed for vector selectors'],
  ['x[5]', 'not a valid duration'],
  ['{a=~".*"}', 'vector selector must contain at least one non-empty matcher'],
  [`${'('.repeat(600)}1${')'.repeat(600)}`, 'nested too deeply'],
  [`${'-'.repeat(5_000)}1`, 'nested too deeply'],
])('%s is refused by name', (text, message) => {
  expect(() => parsePromql(text)).toThrow(message);
  expect(() => parsePromql(text)).toThrow(PromqlError);
});

it('refuses all that Prometheus refuses, when it is read or evaluated', () => {
  const store = createMetricStore(10);
  loadSamples(store, createSamples());
  const promql = createPromql(store);
  const answered = readQueries('refused.txt').filter((query) => {
    try {
      promql.query(query, samplesEnd - 20_000);
      return true;
    } catch (error) {
      if (!(error instanceof PromqlError)) throw error;
      return false;
    }
  });
  expect(answered).toEqual([]);
});

it('reads whatever Prometheus answers', () => {
  for (const query of [...readQueries('same.txt'), ...readQueries('chance.txt')])
    expect(() => parsePromql(query)).not.toThrow();
});
