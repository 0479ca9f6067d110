import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Cases in which the two servers differ for the same reason. They stand in differences.json. */
export interface Difference {
  readonly title: string;
  /** Who does what MongoDB's manual says; both, where it allows either or says nothing. */
  readonly right: 'embedded' | 'FerretDB' | 'both';
  /** The page of the manual. */
  readonly manual: string;
  /** What the manual says, and why it stays as it is. */
  readonly why: string;
  /** By name of the case: what the embedded store says and what FerretDB says. */
  readonly cases: Readonly<Record<string, readonly [embedded: string, ferretdb: string]>>;
}

export const readDifferences = (): Difference[] =>
  JSON.parse(readFileSync(join(__dirname, 'differences.json'), 'utf8'));

const sides = { embedded: 'the embedded store', FerretDB: 'FerretDB', both: 'both' } as const;

/** The page that publishes them. */
export const renderDifferences = (differences: readonly Difference[], caseCount: number): string => {
  const count = differences.reduce((sum, { cases }) => sum + Object.keys(cases).length, 0);
  const sections = differences.map(({ title, right, manual, why, cases }) => {
    const rows = Object.entries(cases).map(([name, said]) => `| ${[name, ...said].map(toCell).join(' | ')} |`);
    const table = ['| case | embedded | FerretDB |', '| --- | --- | --- |', ...rows];
    return [`## ${title}`, `Right: ${sides[right]}. Manual: *${manual}*.`, why, table.join('\n')].join('\n\n');
  });
  return `${[introduction(caseCount, count), ...sections].join('\n\n')}\n`;
};

const introduction = (cases: number, count: number): string => `# The document store beside another server

The same ${cases} cases, commands in and replies out, are run on the embedded document store and on FerretDB 1.24 (with
SQLite) by MongoDB's driver: \`npm run stack:real -- ferretdb/cases\`. They cover what the store supports, each operator
with values of each type, and what it refuses. ${cases - count} of them are answered alike, ${count} are not; those are here. A difference
that is not here fails the test, and so does one that is here and has gone. The page is written from
\`e2e/src/stack/ferretdb/cases/differences.json\` by that test with \`UPDATE_PAGES=1\`.

\`1\` is an int, \`1L\` a long, \`1.0\` a double, \`1D\` a decimal. *also* lists what only one of the two finds. Refusals are
compared by their codes, not by their words. "Right: both" where the manual allows either or does not say.`;

const toCell = (text: string): string => {
  const words = text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim();
  return words === '' ? '' : `\`${words.replaceAll('`', "'")}\``;
};
