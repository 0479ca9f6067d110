import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadRules, parseRules } from './load.js';

const ours = resolve(__dirname, '../../../../infra/prometheus/rules');

/** What is said of a file. */
const problems = (text: string): string[] => {
  try {
    parseRules([{ path: 'r.yml', text }], 1);
    return [];
  } catch (error) {
    const [title, ...lines] = (error as Error).message.split('\n');
    expect(title).toBe('The rules cannot be loaded:');
    return lines.map((line) => line.replace('r.yml: ', ''));
  }
};

test('our own rules load', () => {
  const groups = loadRules({ folder: ours, timeScale: 1 });
  expect(groups.length).toBeGreaterThan(5);
  expect(groups.find(({ name }) => name === 'services')).toMatchObject({
    intervalMs: 15_000,
    file: join(ours, 'alerts.yml'),
  });
});

test('a time scale divides ranges, holding times and intervals, down to a second', () => {
  const groups = loadRules({ folder: ours, timeScale: 60 });
  const rules = groups.flatMap((group) => group.rules);
  expect(new Set(groups.map(({ intervalMs }) => intervalMs))).toEqual(new Set([1_000]));
  expect(rules.find(({ name }) => name === 'ServiceDown')).toMatchObject({ holdMs: 1_000 });
  expect(rules.find(({ name }) => name === 'RefreshTokenReused')).toMatchObject({ keepFiringMs: 60_000 });
  expect(rules.find(({ name }) => name === 'slo:errors:increase3d')).toMatchObject({
    query: 'sum_over_time(slo:errors:increase5m[1h12m:5s])',
  });
  // The name is a name, and stays.
  expect(rules.find(({ name }) => name === 'PurchasesBudgetBurn')?.query).toContain('ratio_rate1h{slo=');
});

test('everything that is wrong is told at once, with its place', () => {
  const text = `
groups:
  - name: one
    interval: 15
    rules:
      - { record: ok, expr: up }
      - { alert: A, expr: 'up ==', fro: 1m, labels: { severity: '{{ $value | upper }}' } }
      - { record: 'not a name', expr: up, for: 1m }
      - { expr: up }
      - { alert: B, expr: '', annotations: { n: 1 } }
  - { name: one, rule: [] }
`;
  expect(problems(text)).toEqual([
    'group one, rule 2 (A): unknown field "fro"',
    'group one, rule 3 (not a name): "not a name" is no name of a metric',
    'group one, rule 3 (not a name): "for" belongs to alerts only',
    'group one, rule 4 (without a name): it needs one of "record" and "alert"',
    'group one, rule 5 (B): it has no "expr"',
    'group one, rule 5 (B): "n" in "annotations" is no text; put it in quotes',
    'two groups are named one',
    'group one: unknown field "rule"',
    'group one: "rules" is no list',
  ]);
});

test('expressions, durations and templates are tried at the start', () => {
  const text = `
groups:
  - name: one
    interval: 1 minute
    rules:
      - { alert: A, expr: 'up ==', for: soon, labels: { severity: '{{ $value | upper }}' } }
      - { record: b, expr: 'no_such(up)' }
`;
  const found = problems(text);
  expect(found).toHaveLength(5);
  expect(found[0]).toContain('group one: "interval":');
  expect(found[1]).toContain('group one, rule 1 (A): 1:6: parse error');
  expect(found[2]).toContain('group one, rule 1 (A): "for":');
  expect(found[3]).toContain('group one, rule 1 (A): label severity: {{ $value | upper }} is not supported');
  expect(found[4]).toContain('no_such');
});

test.each([
  ['broken YAML', 'groups: [', /flow/i],
  ['a list', '- a', /no mapping/],
  ['no groups', 'groups: 1', /"groups" is no list/],
  ['an unknown field of the file', 'groups: []\nname: x', /unknown field "name"/],
])('%s is refused', (_name, text, message) => {
  expect(problems(text).join('\n')).toMatch(message);
});

test('every file of the folder is read, in the order of their names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'glasshouse-rules-'));
  try {
    for (const name of ['b.yml', 'a.yaml', 'c.txt'])
      writeFileSync(join(folder, name), `groups: [{ name: ${name}, rules: [] }]`);
    expect(loadRules({ folder, timeScale: 1 }).map(({ name }) => name)).toEqual(['a.yaml', 'b.yml']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
