import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `⟨a ¦ b⟩` is first a, then b; several of them are every combination. */
const expand = (line: string): string[] => {
  const found = /⟨([^⟩]*)⟩/.exec(line);
  if (found === null) return [line.replaceAll('⏎', '\n')];
  const [all, choices = ''] = found;
  return choices.split(' ¦ ').flatMap((choice) => expand(line.replace(all, () => choice)));
};

/** The queries of a file in this folder, one per line. */
export const readQueries = (file: 'same.txt' | 'chance.txt' | 'refused.txt' | 'unsupported.txt'): string[] => {
  const lines = readFileSync(join(__dirname, file), 'utf8').split('\n');
  const queries = lines.filter((line) => line !== '' && !line.startsWith('# ')).flatMap(expand);
  return [...new Set(queries)];
};
