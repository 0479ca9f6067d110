import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Marked, type Tokens } from 'marked';

/** A document as the page shows it. */
export interface RenderedDoc {
  readonly title: string;
  /** Made of our own markdown; markup in it is text. */
  readonly html: string;
}

/** Every document below a folder, rendered once when the page is built: name (`errors`, `runbooks/x`) and JSON. */
export const renderDocs = (folder: string): [name: string, json: string][] => {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.md'))
    .sort();
  const docs = names.map((file): [string, RenderedDoc] => {
    const text = readFileSync(join(folder, file), 'utf8');
    const name = file.replace(/\.md$/, '');
    return [name, { title: toTitle(text, name), html: renderMarkdown(text, name) }];
  });
  const index = docs.map(([name, { title }]) => ({ name, title }));
  return [
    ['index', JSON.stringify(index)],
    ...docs.map(([name, doc]): [string, string] => [name, JSON.stringify(doc)]),
  ];
};

const toTitle = (text: string, name: string): string => /^# (.+)$/m.exec(text)?.[1] ?? name;

/**
 * Renders markdown to HTML in which nothing of the text is markup. Headings and the rows of tables can be linked to:
 * a row by the names in backticks of its first cell, so `#out_of_stock` is the row of that error.
 */
export const renderMarkdown = (text: string, name: string): string => {
  const ids = new Set<string>();
  const toId = (words: string): string => {
    const base = words
      .toLowerCase()
      .replaceAll(/[^\w.]+/g, '-')
      .replaceAll(/^-+|-+$/g, '');
    let id = base;
    for (let count = 2; ids.has(id); count += 1) id = `${base}-${count}`;
    ids.add(id);
    return id;
  };
  const marked = new Marked({
    renderer: {
      html: ({ text: markup }) => escapeMarkup(markup),
      // What scrolls can be reached by keyboard.
      code: ({ text: code }) => `<pre tabindex="0"><code>${escapeMarkup(code)}</code></pre>\n`,
      heading({ tokens, depth, text: words }) {
        return `<h${depth} id="${toId(words)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      table(token) {
        const cells = (row: readonly Tokens.TableCell[], tag: string): string =>
          row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('');
        const rows = token.rows.map((row) => toRow(cells(row, 'td'), toNames(row), toId));
        const body = `<thead><tr>${cells(token.header, 'th')}</tr></thead><tbody>${rows.join('')}</tbody>`;
        return `<div class="table-scroll" tabindex="0"><table>${body}</table></div>\n`;
      },
      link({ href, tokens }) {
        const target = toHref(href, name);
        const content = this.parser.parseInline(tokens);
        return target === undefined ? content : `<a href="${escapeMarkup(target)}">${content}</a>`;
      },
      image: ({ text: words }) => escapeMarkup(words),
    },
  });
  return marked.parse(text, { async: false });
};

/** The names in backticks in the first cell of a row. */
const toNames = ([first]: readonly Tokens.TableCell[]): string[] =>
  [...(first?.text ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');

/** The first name is the id of the row, the others are ids of their words. */
const toRow = (cells: string, [first, ...others]: readonly string[], toId: (words: string) => string): string => {
  if (first === undefined) return `<tr>${cells}</tr>`;
  const id = toId(first);
  const marked = others.reduce((html, name) => {
    const words = escapeMarkup(name);
    return html.replace(`<code>${words}</code>`, `<code id="${toId(name)}">${words}</code>`);
  }, cells);
  return `<tr id="${id}">${marked}</tr>`;
};

/** A link to another document stays in the console; one to a file of the repository is text, since it is not served. */
const toHref = (href: string, name: string): string | undefined => {
  if (/^https?:\/\/|^#/.test(href)) return href;
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return undefined;
  const [path = '', hash = ''] = href.split('#');
  const target = posix.normalize(posix.join(posix.dirname(`docs/${name}`), path));
  if (!target.startsWith('docs/') || !target.endsWith('.md')) return undefined;
  return `/${target.replace(/\.md$/, '')}${hash === '' ? '' : `#${hash}`}`;
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeMarkup = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
