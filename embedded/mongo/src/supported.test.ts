import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reads, writes } from './commands/dispatch.js';
import { stages } from './commands/reads.js';
import { serverCommands } from './commands/server.js';
import { filterOperators } from './query/matcher.js';
import { updateOperators } from './query/update.js';

const page = readFileSync(join(__dirname, '../README.md'), 'utf8');

/** The names of one list of the page: what stands in backticks until the next list begins. */
const listed = (title: string): string[] => {
  const list = page.split(`\n- ${title}:`)[1]?.split(/\n(?:- |\n)/)[0] ?? '';
  return [...list.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name).sort();
};

const serverNames = Object.keys(serverCommands);
const lists: [string, string[]][] = [
  ['Commands that read', Object.keys(reads).filter((name) => !serverNames.includes(name))],
  ['Commands that write', Object.keys(writes)],
  ['Commands about the server', serverNames],
  ['Filters', ['$and', '$or', '$nor', ...Object.keys(filterOperators)]],
  ['Updates', Object.keys(updateOperators)],
  ['Stages', ['$collStats', ...Object.keys(stages)]],
];

test.each(lists)('%s: the page of what is supported and the code name the same', (title, names) => {
  expect(listed(title)).toEqual([...names].sort());
});
