import { renderWaterfall, type WaterfallSpan } from './waterfall.js';

const plain = { columns: 120, hasColors: false };

const span = (
  spanId: string,
  parentId: string | undefined,
  startedAtUs: number,
  durationUs: number,
): WaterfallSpan => ({
  spanId,
  parentId,
  service: 'order',
  name: `span ${spanId}`,
  startedAtUs,
  durationUs,
  isError: spanId === 'bad',
});

test('children stand below their parent in the order of time, before the next sibling', () => {
  const text = renderWaterfall(
    [
      span('b', 'root', 500, 100),
      span('root', undefined, 0, 1000),
      span('a1', 'a', 150, 10),
      span('a', 'root', 100, 100),
    ],
    [],
    plain,
  );
  const names = text.split('\n').map((line) => /span (\w+)/.exec(line)?.[1]);
  expect(names).toEqual(['root', 'a', 'a1', 'b']);
});

test('a log line stands at its time below the span that wrote it', () => {
  const text = renderWaterfall(
    [span('root', undefined, 0, 1000), span('a', 'root', 100, 100), span('b', 'root', 500, 100)],
    [{ spanId: 'root', atUs: 300, service: 'order', level: 'info', message: 'order placed' }],
    plain,
  );
  const lines = text.split('\n');
  expect(lines[2]).toContain('info  order placed');
  expect(lines[2]).toContain('0.3 ms');
});

test('an error span is marked', () => {
  const text = renderWaterfall([span('root', undefined, 0, 1000), span('bad', 'root', 0, 10)], [], plain);
  const [root, bad] = text.split('\n');
  expect(root).not.toContain('✗');
  expect(bad).toContain('✗');
});

test('bars share one time axis', () => {
  const text = renderWaterfall([span('root', undefined, 0, 1000), span('late', 'root', 900, 100)], [], plain);
  const [root, late] = text
    .split('\n')
    .map((line) => ({ from: line.indexOf('█'), length: line.split('█').length - 1 }));
  expect(root?.length).toBe(30);
  expect(late?.length).toBe(3);
  expect((late?.from ?? 0) - (root?.from ?? 0)).toBe(27);
});

test('a span whose parent is not there is shown as a root, so nothing is hidden', () => {
  expect(renderWaterfall([span('a', 'missing', 0, 10)], [], plain)).toContain('span a');
});
