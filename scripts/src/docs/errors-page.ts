/**
 * The page that the `type` of every problem leads to (RFC 9457 section 3.1.1): the table of docs/errors.md, each row
 * under the id of its code. The gateway serves it.
 */
export const toErrorsPage = (markdown: string): string => {
  const rows = markdown.split('\n').filter((line) => line.startsWith('| '));
  const [head = [], , ...body] = rows.map((row) =>
    row
      .slice(2, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Glasshouse: errors</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem; border-bottom: 1px solid color-mix(in srgb, currentcolor 25%, transparent); }
tr:target { background: color-mix(in srgb, Highlight 30%, transparent); }
</style>
</head>
<body>
<h1>Errors</h1>
<p>Every error of this API has a <code>code</code>, one stable word by which a program decides, and a
<code>traceId</code>, by which a person finds out what happened.</p>
<table>
<thead><tr>${head.map((cell) => `<th scope="col">${toHtml(cell)}</th>`).join('')}</tr></thead>
<tbody>
${body.map(toRow).join('\n')}
</tbody>
</table>
</body>
</html>
`;
};

const toRow = (cells: readonly string[]): string => {
  const code = cells[0]?.replaceAll('`', '') ?? '';
  return `<tr id="${toHtml(code)}">${cells.map((cell) => `<td>${toHtml(cell)}</td>`).join('')}</tr>`;
};

/** Code spans stay, of a link only its text: its target is a page that the gateway does not have. */
const toHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>');
