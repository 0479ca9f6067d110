import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parsePromql } from '../promql/index.js';
import { parseQueryString } from '../query/elastic/query-string.js';

const docs = resolve(__dirname, '../../../../docs');
const pages = [...readdirSync(join(docs, 'runbooks')).map((name) => `runbooks/${name}`), 'alerts.md'];

/** The lines of all blocks of a language, without comments. */
const linesOf = (page: string, language: string): string[] =>
  [...readFileSync(join(docs, page), 'utf8').matchAll(/^```(\w+)\n(.*?)^```/gms)]
    .filter((block) => block[1] === language)
    .flatMap((block) => (block[2] ?? '').trim().split('\n'))
    .filter((line) => !line.startsWith('#'));

// In the night nobody wants to find out that a query of a runbook has a mistake.
test.each(pages)('every query in docs/%s can be asked', (page) => {
  for (const line of linesOf(page, 'promql')) expect(() => parsePromql(line)).not.toThrow();
  const options = { defaultField: undefined, operator: 'or', isLenient: false, now: Date.now() } as const;
  for (const line of linesOf(page, 'lucene')) expect(() => parseQueryString(line, options)).not.toThrow();
});

test('every runbook has some', () => {
  for (const page of pages.filter((name) => name.startsWith('runbooks/'))) {
    expect({ page, promql: linesOf(page, 'promql').length > 0, logs: linesOf(page, 'lucene').length > 0 }).toEqual({
      page,
      promql: true,
      logs: true,
    });
  }
});
