import fc from 'fast-check';
import { type Exemplar, parseExposition, parseSeries } from './parse.js';

const parse = (text: string) => {
  const samples: [string, number][] = [];
  const exemplars: [string, Exemplar][] = [];
  const metadata: string[][] = [];
  parseExposition(text, {
    sample: (series, value) => samples.push([series, value]),
    exemplar: (series, exemplar) => exemplars.push([series, exemplar]),
    metadata: (...said) => metadata.push(said),
  });
  return { samples, exemplars, metadata };
};

it('reads the text format and OpenMetrics', () => {
  const text = `# HELP requests_total All requests.
# TYPE requests_total counter
requests_total{route="GET /a{b}",code="200"} 12
requests_total{route="quote \\" and }",code="200"} 1.5e3 1700000000000

plain 7
inf +Inf
less -Inf
none NaN
latency_bucket{le="0.1"} 8 # {trace_id="abc",span_id="def"} 0.067 1700000000.5
latency_bucket{le="+Inf"} 9 # {trace_id="xyz"} 4
# EOF
`;
  const { samples, exemplars, metadata } = parse(text);
  expect(metadata).toEqual([
    ['requests_total', 'help', 'All requests.'],
    ['requests_total', 'type', 'counter'],
  ]);
  expect(samples).toEqual([
    ['requests_total{route="GET /a{b}",code="200"}', 12],
    ['requests_total{route="quote \\" and }",code="200"}', 1_500],
    ['plain', 7],
    ['inf', Number.POSITIVE_INFINITY],
    ['less', Number.NEGATIVE_INFINITY],
    ['none', Number.NaN],
    ['latency_bucket{le="0.1"}', 8],
    ['latency_bucket{le="+Inf"}', 9],
  ]);
  expect(exemplars).toEqual([
    [
      'latency_bucket{le="0.1"}',
      { labels: { trace_id: 'abc', span_id: 'def' }, value: 0.067, timestamp: 1_700_000_000.5 },
    ],
    ['latency_bucket{le="+Inf"}', { labels: { trace_id: 'xyz' }, value: 4, timestamp: undefined }],
  ]);
});

it('reads back any labels', () => {
  const label = fc.tuple(fc.stringMatching(/^[a-z_][a-z0-9_]{0,5}$/), fc.string());
  fc.assert(
    fc.property(fc.array(label), fc.double({ noNaN: true }), (labels, value) => {
      const unique = Object.fromEntries(labels);
      const escaped = (text: string) => text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
      const written = Object.entries(unique).map(([name, text]) => `${name}="${escaped(text)}"`);
      const number = Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
      const [[series, read] = ['', 0]] = parse(`metric{${written.join(',')}} ${number}\n`).samples;
      expect(parseSeries(series)).toEqual({ name: 'metric', labels: unique });
      expect(read === value).toBe(true);
    }),
  );
});

it.each(['metric', 'metric x', 'metric 1 2 3', '{a="b"} 1 2 3', 'metric{a="b" 1', 'metric{a=b', '<html>'])(
  'throws at %s',
  (line) => {
    expect(() => parse(line)).toThrow(SyntaxError);
  },
);

it.each(['0metric', 'a b', 'm{a=b}', 'm{a="b"', 'm{a="b"x="y"}'])('refuses the series %s', (series) => {
  expect(() => parseSeries(series)).toThrow(SyntaxError);
});
