import { posix } from 'node:path';
import { findFile, isTest, type Repository, type Rule, type Violation } from './repository.js';

/** A kind of name that code and a document must agree on. */
interface Catalogue {
  readonly what: string;
  readonly document: string;
  /** Names as the code uses them; the first group of each match. */
  readonly inCode: RegExp;
  /** The files to look in. */
  readonly files: RegExp;
  /** Names as the document lists them, in the first cell of a table row below this heading. */
  readonly heading: string;
}

const catalogues: readonly Catalogue[] = [
  {
    what: 'error code',
    document: 'docs/errors.md',
    inCode: /\bcode: '([a-z_]+)'/g,
    files: /^(gateway|console|services\/\w+|packages\/service-kit)\/src\/(.*\/)?errors(\/.*)?\.ts$/,
    heading: 'Codes',
  },
  {
    what: 'metric',
    document: 'docs/telemetry.md',
    inCode: /\bname: '([a-z][a-z_]+_[a-z_]+)'/g,
    files:
      /^(gateway|console|services\/\w+|packages\/(service-kit|telemetry))\/src\/(?!web\/|analysis\/|queries\/).*\.ts$/,
    heading: 'Metrics',
  },
  {
    what: 'fact',
    document: 'docs/telemetry.md',
    // Stated at once, kept in a list of events for later, or left to the service of a process that is ending.
    inCode: /(?:\baction: |\breport\?\.\(|(?<=Events = \[[^\]]*))'([a-z_]+\.[a-z_]+)'/g,
    files: /^(gateway|console|services\/\w+|packages\/service-kit)\/src\/(?!web\/|analysis\/|queries\/).*\.ts$/,
    heading: 'Facts',
  },
  {
    what: 'business field',
    document: 'docs/telemetry.md',
    inCode: /'(glasshouse\.[a-z_.]+)':/g,
    files: /^(gateway|console|services\/\w+|packages\/service-kit)\/src\/(?!web\/|analysis\/|queries\/).*\.ts$/,
    heading: 'Business fields',
  },
  {
    what: 'variable',
    document: 'docs/configuration.md',
    inCode: /^\s+([A-Z][A-Z_]{2,}):/gm,
    files: /^(gateway|console|services\/\w+|packages\/service-kit)\/src\/config\.ts$/,
    heading: 'Variables',
  },
];

const cataloguesAgree: Rule = (repository) => catalogues.flatMap((catalogue) => compare(repository, catalogue));

const compare = (repository: Repository, { what, document, inCode, files, heading }: Catalogue): Violation[] => {
  const text = findFile(repository, document);
  if (text === undefined) return [{ file: document, rule: `It lists every ${what}.`, remedy: 'Write it.' }];
  const documented = toListedNames(text, heading);
  const used = new Map<string, string>();
  for (const file of repository.files) {
    if (!files.test(file.path) || isTest(file.path)) continue;
    for (const match of file.text.matchAll(inCode)) used.set(match[1] ?? '', file.path);
  }
  const missing = [...used]
    .filter(([name]) => !documented.has(name))
    .map(([name, path]) => ({
      file: path,
      rule: `The ${what} ${name} is not in ${document}.`,
      remedy: `Add a row for it to the table below "${heading}".`,
    }));
  const stale = [...documented]
    .filter((name) => !used.has(name))
    .map((name) => ({
      file: document,
      rule: `The ${what} ${name} does not exist in the code.`,
      remedy: 'Delete its row, or write the code that the row promises.',
    }));
  return [...missing, ...stale];
};

/** Names in backticks in the first cell of the table rows below a heading, up to the next heading of the same level. */
export const toListedNames = (markdown: string, heading: string): Set<string> => {
  const names = new Set<string>();
  let isInside = false;
  for (const line of markdown.split('\n')) {
    const title = /^## (.*)$/.exec(line)?.[1];
    if (title !== undefined) isInside = title === heading;
    const cell = isInside ? /^\|([^|]*)\|/.exec(line)?.[1] : undefined;
    for (const match of cell?.matchAll(/`([^`]+)`/g) ?? []) names.add(match[1] ?? '');
  }
  return names;
};

const commandsExist: Rule = (repository) => {
  const manifest = JSON.parse(findFile(repository, 'package.json') ?? '{}') as { scripts?: Record<string, string> };
  const scripts = new Set(Object.keys(manifest.scripts ?? {}));
  return repository.files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm run ([a-z][a-z0-9:-]*)/g)]
        .map((match) => match[1] ?? '')
        .filter((name) => !scripts.has(name))
        .map((name) => ({
          file: path,
          rule: `It names npm run ${name}, which does not exist.`,
          remedy: 'Correct the command, or add it to the scripts of package.json.',
        })),
    );
};

/** A path in backticks that starts like one of ours, or the target of a relative link, must exist. */
const pathsExist: Rule = (repository) => {
  const known = new Set(repository.files.map(({ path }) => path));
  const folders = new Set(
    [...known].flatMap((path) => path.split('/').map((_, index, parts) => parts.slice(0, index).join('/'))),
  );
  const exists = (target: string): boolean => known.has(target) || folders.has(target) || target.includes('/dist');
  return repository.files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      [...toNamedPaths(text), ...toLinkedPaths(path, text)]
        .filter((target) => !exists(target))
        .map((target) => ({
          file: path,
          rule: `It names ${target}, which does not exist.`,
          remedy: 'Correct the path.',
        })),
    );
};

const toNamedPaths = (text: string): string[] =>
  [
    ...text.matchAll(/`((?:gateway|services|packages|embedded|console|scripts|e2e|docs|infra|examples)\/[\w./-]+)`/g),
  ].map((match) => (match[1] ?? '').replace(/\/$/, ''));

const toLinkedPaths = (path: string, text: string): string[] =>
  [...text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)[^)]*\)/g)].map((match) =>
    posix.join(posix.dirname(path), match[1] ?? '').replace(/\/$/, ''),
  );

const dependencyTable = { document: 'DESIGN.md', heading: 'Dependencies' };

/** Each direct dependency of each workspace has a row that says why it is here, and no row speaks of one that is gone. */
const dependenciesAreExplained: Rule = (repository) => {
  const { document, heading } = dependencyTable;
  const explained = toListedNames(findFile(repository, document) ?? '', heading);
  const used = new Map<string, string>();
  for (const { path, text } of repository.files.filter((file) => /(^|\/)package\.json$/.test(file.path))) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(text) as Record<string, Record<string, string>>;
    for (const name of Object.keys({ ...dependencies, ...devDependencies }))
      if (!name.startsWith('@glasshouse/')) used.set(name, path);
  }
  const missing = [...used]
    .filter(([name]) => !explained.has(name))
    .map(([name, path]) => ({
      file: path,
      rule: `The dependency ${name} is not explained in ${document}.`,
      remedy: `Add a row with its reason to the table below "${heading}", or do without it.`,
    }));
  const stale = [...explained]
    .filter((name) => !used.has(name))
    .map((name) => ({
      file: document,
      rule: `The dependency ${name} is no package's any more.`,
      remedy: 'Delete its row.',
    }));
  return [...missing, ...stale];
};

export const documentRules: readonly Rule[] = [cataloguesAgree, commandsExist, pathsExist, dependenciesAreExplained];
