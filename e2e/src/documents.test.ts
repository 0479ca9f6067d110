import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@glasshouse/test-kit';
import { hasCommand, runCommand } from './command.js';
import { root } from './launcher.js';
import { startShop, type TestShop } from './shop.js';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Command {
  readonly page: string;
  readonly text: string;
}

/** The commands of the fenced sh blocks, one each, without comments; a line that ends in a backslash goes on. */
const toFencedCommands = (page: string, markdown: string): Command[] =>
  [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block
      .split(/(?<!\\)\n/)
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((text) => ({ page, text: text.replace(/ +# .*$/, '') })),
  );

const toInlineCommands = (page: string, markdown: string): Command[] =>
  [...markdown.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`(curl [^`]+)`/g)].map(([, text = '']) => ({
    page,
    text,
  }));

const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const fenced = pages.flatMap((page) => toFencedCommands(page, read(page)));
const inline = pages.flatMap((page) => toInlineCommands(page, read(page)));

describe('the commands of the pages', () => {
  test('are found', () => {
    expect(fenced.length).toBeGreaterThan(15);
    expect(inline.length).toBeGreaterThan(2);
  });

  test('name scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const ofNpm = ['ci', 'cit', 'install'];
    const named = fenced.flatMap(({ page, text }) =>
      [...text.matchAll(/\bnpm (?:run )?([a-z][a-z0-9:-]*)/g)].map(([, script = '']) => `${page}: ${script}`),
    );
    expect(named).toEqual(expect.arrayContaining(['README.md: demo', 'README.md: start', 'CONTRIBUTING.md: check']));
    const known = [...Object.keys(scripts), ...ofNpm];
    expect(named.filter((name) => !known.includes(name.slice(name.indexOf(' ') + 1)))).toEqual([]);
  });

  test('and the scripts themselves name files that a build makes', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const texts = [...Object.values(scripts), ...[...fenced, ...inline].map(({ text }) => text)];
    const files = texts.flatMap((text) => [...text.matchAll(/\bnode (\S+\.c?js)\b/g)].map(([, file = '']) => file));
    expect(files).toEqual(expect.arrayContaining(['embedded/launcher/dist/main.js', 'scripts/dist/demo.js']));
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

describe('the curl commands of the pages, with the ports and the data folder of a shop of its own', () => {
  let shop: TestShop;
  /** What the commands leave in shell variables for those that follow. */
  const variables: Record<string, string> = {};
  const curls = [...fenced, ...inline].filter(({ text }) => /^([A-Z]+=\$\()?curl /.test(text));
  const isAssignment = ({ text }: Command): boolean => /^[A-Z]+=/.test(text);

  beforeAll(async () => {
    shop = await startShop({ args: ['--single'] });
  });
  afterAll(() => shop?.stop());

  const toHere = (text: string): string => {
    const offset = Number(new URL(shop.addresses().gateway).port) - 8080;
    return text
      .replaceAll(/\b(localhost|127\.0\.0\.1):(\d+)/g, (_, host, port) => `${host}:${Number(port) + offset}`)
      .replaceAll('./.data/', `${shop.dataDirectory}/`)
      .replaceAll('<trace_id>', '$TRACE');
  };

  /** --fail turns a refusal into an exit code, which the page's own options leave at 0. */
  const run = (text: string) =>
    runCommand(
      'bash',
      [
        '-c',
        // A child's stderr is a socket here, which nobody can open as /dev/stderr; a pipe, as a terminal, can be.
        `set -euo pipefail; curl() { command curl --fail --max-time 20 "$@"; }; { ${toHere(text)}; } 2>&1 | cat`,
      ],
      { environment: variables },
    );

  const isPossible = async (): Promise<boolean> => {
    // They are for people who have curl; without it there is nothing to try.
    if (await hasCommand('curl')) return true;
    process.stderr.write('skipped: curl is not installed\n');
    return false;
  };

  test('log in and order', async () => {
    if (!(await isPossible())) return;
    const assignments = curls.filter(isAssignment);
    expect(assignments.map(({ text }) => text.slice(0, 6))).toEqual(['TOKEN=', 'TRACE=']);
    for (const { text } of assignments) {
      const name = text.slice(0, text.indexOf('='));
      const { code, stdout, output } = await run(`${text}; echo; echo "$${name}"`);
      expect({ text, code, output }).toMatchObject({ code: 0 });
      variables[name] = stdout.trim().split('\n').at(-1) ?? '';
    }
    expect(variables.TOKEN?.split('.').length).toBe(3);
    expect(variables.TRACE).toMatch(/^[0-9a-f]{32}$/);
  });

  const others = curls.filter((command) => !isAssignment(command));
  test.each(others.map(({ page, text }) => [page, text]))('%s: %s', async (_, text) => {
    if (!(await isPossible())) return;
    // Spans, log lines and samples arrive a moment after the answer that they tell of.
    let last = {};
    await waitFor(
      'the command to succeed',
      async () => {
        const { code, output } = await run(text);
        last = { code, output };
        return code === 0 && (!text.includes('$TRACE') || output.includes('order'));
      },
      20_000,
    ).catch(() => expect({ text, ...last }).toEqual('a command that succeeds'));
  });
});
