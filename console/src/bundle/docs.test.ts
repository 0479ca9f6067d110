import { renderMarkdown } from './docs.js';

test('markup in a document is text', () => {
  const html = renderMarkdown('a <b onclick="x">b</b>\n\n<script>alert(1)</script>\n\n![<img>](x.png)', 'page');
  expect(html).not.toMatch(/<b|<script|<img/);
  expect(html).toContain('&lt;script&gt;');
});

test('a link that could run something is text', () => {
  expect(renderMarkdown('[a](javascript:alert(1)) [b](data:text/html,x)', 'page')).not.toContain('<a');
});

test('links between documents stay in the console, links to files of the repository become text', () => {
  const html = renderMarkdown(
    '[e](errors.md#forbidden) [up](../README.md) [r](runbooks/x.md) [web](https://a.test/)',
    'api',
  );
  expect(html).toContain('<a href="/docs/errors#forbidden">e</a>');
  expect(html).toContain(' up ');
  expect(html).toContain('<a href="/docs/runbooks/x">r</a>');
  expect(html).toContain('<a href="https://a.test/">web</a>');
  expect(renderMarkdown('[e](../errors.md)', 'runbooks/x')).toContain('href="/docs/errors"');
});

test('headings and rows have names that a link can end with, each once', () => {
  const html = renderMarkdown(
    '## How it looks\n\n## How it looks\n\n| code | what |\n| --- | --- |\n| `out_of_stock` | no |\n| `order.a`, `order.b` | yes |\n| plain | |\n',
    'errors',
  );
  expect([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)).toEqual([
    'how-it-looks',
    'how-it-looks-2',
    'out_of_stock',
    'order.a',
    'order.b',
  ]);
});
