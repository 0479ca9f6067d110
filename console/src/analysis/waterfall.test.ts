import { line } from './testing/evidence.js';
import { span, traceOf } from './testing/traces.js';
import { buildTree } from './tree.js';
import { toWaterfallRows } from './waterfall.js';

const tree = buildTree(
  traceOf(
    span('root', { takes: 100 }),
    span('first', { parent: 'root', at: 10, takes: 20 }),
    span('failed', { parent: 'first', at: 12, isError: true }),
    span('second', { parent: 'root', at: 50.4, takes: 20 }),
  ),
);
const lines = [
  line({ at: 11, span: 'first', fact: 'a' }),
  line({ at: 40, span: 'root', fact: 'b' }),
  line({ at: 50, span: 'second', fact: 'c' }),
  line({ at: 50, span: 'root', fact: 'd' }),
  line({ at: 5, span: 'gone', fact: 'e' }),
];
const rowsOf = (collapsed: readonly string[] = []): string[] =>
  toWaterfallRows(tree, lines, { collapsed: new Set(collapsed) }).map(
    (row) => '  '.repeat(row.depth) + (row.kind === 'log' ? `(${row.line.fact})` : row.id),
  );

test('a log line stands at its time among the children of the span that wrote it', () => {
  expect(rowsOf()).toEqual([
    'root',
    '  first',
    '    (a)',
    '    failed',
    '  (b)',
    '  (d)',
    '  second',
    '    (c)',
    '(e)',
  ]);
});

test('a line is not older than its span, though its clock tells only milliseconds', () => {
  const row = toWaterfallRows(tree, lines, { collapsed: new Set() }).find(({ id }) => id === `log ${lines[2]?.id}`);
  expect(row?.kind === 'log' && row.atUs).toBe(tree.nodes.get('second')?.span.startUs);
});

test('what is collapsed hides what is below it, and says how many errors that are', () => {
  expect(rowsOf(['first'])).toEqual(['root', '  first', '  (b)', '  (d)', '  second', '    (c)', '(e)']);
  const row = toWaterfallRows(tree, lines, { collapsed: new Set(['first']) })[1];
  expect(row).toMatchObject({ isCollapsed: true, hiddenErrors: 1, hasBelow: true });
});
