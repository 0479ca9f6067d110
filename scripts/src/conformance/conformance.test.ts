import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Check, expectEqual, expectMatch, runChecks, toLines } from './check.js';
import { readMetrics, sumOf } from './evidence.js';
import { expectProblem } from './problem.js';

const check = (run: () => Promise<string>): Check => ({ section: 'headers', what: 'it has a header', run });

test('a check that fails says what was seen, what was expected and where that is written', async () => {
  const wrong = check(async () => {
    expectMatch('x-request-id', undefined, /^a$/);
    return '';
  });
  const hindered = check(() => Promise.reject(new Error('nobody answers')));
  const [first, second] = await runChecks([wrong, hindered], () => {});
  expect(first && toLines(first).split('\n')).toEqual([
    'FAILED  headers    it has a header',
    '          seen      x-request-id nothing',
    '          expected  x-request-id /^a$/',
    '          written   docs/conformance.md, Headers',
  ]);
  expect(second).toMatchObject({ isOk: false, seen: 'nobody answers', expected: 'it has a header' });
});

test('a check that passes is one line with what was seen', async () => {
  const [result] = await runChecks([check(async () => 'abc')], () => {});
  expect(result && toLines(result)).toMatch(/^ok {6}headers {4}it has a header +abc$/);
});

test('the same value in other words is no difference, another order of a list is one', () => {
  expect(() => expectEqual('x', { a: [1] }, { a: [1] })).not.toThrow();
  expect(() => expectEqual('x', [2, 1], [1, 2])).toThrow('x [2,1], expected x [1,2]');
});

test('a refusal is a problem document in each of its parts', () => {
  const json = { type: 'http://h/docs/errors#a_b', title: 'No.', status: 404, detail: 'No.', code: 'a_b', traceId: '' };
  const headers = { 'content-type': 'application/problem+json' };
  const answer = { status: 404, headers, text: '', json };
  expect(expectProblem(answer, 404, 'a_b')).toBe('404 a_b');
  for (const part of ['type', 'title', 'status', 'detail', 'code'])
    expect(() => expectProblem({ ...answer, json: { ...json, [part]: undefined } }, 404, 'a_b')).toThrow();
  expect(() => expectProblem({ ...answer, headers: { 'content-type': 'text/html' } }, 404, 'a_b')).toThrow();
});

test('metrics are read with escaped labels, exemplars and times, and a line that is none is named', async () => {
  const texts = {
    '/good/metrics': [
      '# TYPE h histogram',
      'h_bucket{r="a\\"}b",le="+Inf"} 2 # {trace_id="ab12"} 0.1 1700000000.1',
      'c_total 3 1700000000',
    ].join('\n'),
    '/bad/metrics': 'c_total three four five',
  };
  const server = createServer((req, res) => res.end(texts[req.url as keyof typeof texts]));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const metrics = await readMetrics(`${url}/good`);
    expect(metrics.types).toEqual({ h: 'histogram' });
    expect(metrics.samples[0]).toEqual({
      name: 'h_bucket',
      labels: { r: 'a\\"}b', le: '+Inf' },
      value: 2,
      traceId: 'ab12',
    });
    expect(sumOf(metrics, 'c_total')).toBe(3);
    await expect(readMetrics(`${url}/bad`)).rejects.toThrow('c_total three');
  } finally {
    server.close();
  }
});
