import type { Repository, Rule } from './repository.js';
import { documentRules, toListedNames } from './rules-documents.js';
import { structureRules } from './rules-structure.js';

const check = (rules: readonly Rule[], files: Record<string, string>): string[] => {
  const repository: Repository = { files: Object.entries(files).map(([path, text]) => ({ path, text })) };
  return rules.flatMap((rule) => rule(repository)).map(({ file, rule }) => `${file}: ${rule}`);
};

const about = (violations: readonly string[], file: string): string[] =>
  violations.filter((line) => line.startsWith(`${file}:`));

test.each([
  ['a service that imports another', 'services/order/src/x.ts', "import { a } from '@glasshouse/product';"],
  ['a package that imports a service', 'packages/service-kit/src/x.ts', "import { a } from '@glasshouse/order';"],
  ['a relative path across a border', 'services/order/src/x.ts', "import { a } from '../../product/src/domain.js';"],
  ['a service that imports a tracer', 'services/order/src/x.ts', "import { a } from 'opentracing';"],
  ['a use case that logs', 'services/order/src/use-cases.ts', 'telemetry.fact({});'],
  ['process.env outside config', 'services/order/src/store.ts', 'const a = process.env.HOME;'],
  ['a print to the console', 'gateway/src/x.ts', ['console', "log('a');"].join('.')],
  ['a page that imports the server', 'console/src/web/pages/x.tsx', "import { a } from '../../config.js';"],
  ['an analysis that reads files', 'console/src/analysis/x.ts', "import { a } from 'node:fs';"],
  ['a console that imports a service', 'console/src/x.ts', "import { a } from '@glasshouse/order';"],
  ['a file named utils', 'services/order/src/utils.ts', ''],
  ['a main that outgrew its role', 'services/order/src/main.ts', 'a;\n'.repeat(71)],
])('%s is refused', (_name, path, text) => {
  expect(about(check(structureRules, { [path]: text }), path)).toHaveLength(1);
});

test.each([
  ['a service that imports the kit', 'services/order/src/x.ts', "import { a } from '@glasshouse/service-kit';"],
  ['a test that imports the test-kit', 'services/order/src/x.test.ts', "import { a } from '@glasshouse/test-kit';"],
  ['a page that imports an analysis', 'console/src/web/pages/x.tsx', "import { a } from '../../analysis/x.js';"],
  ['a process that imports a query', 'console/src/proxy.ts', "import { a } from './queries/x.js';"],
  ['a relative import inside a workspace', 'services/order/src/clients/x.ts', "import { a } from '../domain.js';"],
  ['a comment of a use case that speaks of telemetry', 'services/order/src/use-cases.ts', '// telemetry is not here\n'],
])('%s is allowed', (_name, path, text) => {
  expect(about(check(structureRules, { [path]: text }), path)).toEqual([]);
});

test('a missing role file of a service is named', () => {
  expect(check(structureRules, {})).toContain('services/order/src/store.ts: Every service has the same role files.');
});

test('an error code must be documented, and a documented one must exist', () => {
  const violations = check(documentRules, {
    'services/order/src/errors.ts': "defineError({ kind: 'conflict', code: 'new_code' })",
    'docs/errors.md': '## Codes\n\n| code | status |\n| --- | --- |\n| `old_code` | 409 |\n',
  });
  expect(violations).toContain('services/order/src/errors.ts: The error code new_code is not in docs/errors.md.');
  expect(violations).toContain('docs/errors.md: The error code old_code does not exist in the code.');
});

test('a command or a path that a document names must exist', () => {
  const violations = check(documentRules, {
    'package.json': '{"scripts":{"demo":""}}',
    'README.md': 'npm run demo, npm run dmeo, `services/order/src/gone.ts`',
  });
  expect(violations).toContain('README.md: It names npm run dmeo, which does not exist.');
  expect(violations).toContain('README.md: It names services/order/src/gone.ts, which does not exist.');
  expect(violations.filter((line) => line.includes('npm run demo,'))).toEqual([]);
});

test.each([
  ['a fact that is stated', "telemetry.fact({ action: 'order.placed' })"],
  ['a fact from a list of events', "export const securityEvents = ['auth.denied', 'order.placed'] as const;"],
  ['a fact that a service reports', "service.report?.('order.placed', error)"],
])('%s must be documented', (_name, text) => {
  const violations = check(documentRules, { 'services/order/src/x.ts': text, 'docs/telemetry.md': '## Facts\n' });
  expect(violations).toContain('services/order/src/x.ts: The fact order.placed is not in docs/telemetry.md.');
});

test('the target of a relative link must exist', () => {
  const violations = check(documentRules, {
    'docs/a.md': '[b](b.md#part) [up](../README.md) [gone](../gone.md) [web](https://example.org/x) [here](#part)',
    'docs/b.md': '',
    'README.md': '',
  });
  expect(violations.filter((line) => line.includes('It names'))).toEqual([
    'docs/a.md: It names gone.md, which does not exist.',
  ]);
});

test('a dependency must be explained, and an explained one must be used', () => {
  const violations = check(documentRules, {
    'services/order/package.json':
      '{"dependencies":{"@glasshouse/x":"1","zod":"1"},"devDependencies":{"left-pad":"1"}}',
    'DESIGN.md': '## Dependencies\n\n| package | why |\n| --- | --- |\n| `zod` | |\n| `express` | |\n',
  });
  expect(violations.filter((line) => line.includes('dependency'))).toEqual([
    'services/order/package.json: The dependency left-pad is not explained in DESIGN.md.',
    "DESIGN.md: The dependency express is no package's any more.",
  ]);
});

test('only the rows below the heading count', () => {
  const markdown = '## Metrics\n| `a` | |\n| `b` `c` | |\n### Detail\n| `d` | |\n## Other\n| `e` | |\n';
  expect([...toListedNames(markdown, 'Metrics')]).toEqual(['a', 'b', 'c', 'd']);
});
