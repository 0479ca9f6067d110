import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { renderDocs } from './docs.js';

export interface BundleOptions {
  /** The folder of the page's sources. */
  readonly web: string;
  /** The folder of the repository's documents. */
  readonly docs: string;
  /** Where the built page goes; what was there is replaced at once. */
  readonly target: string;
}

/** Builds scripts and styles with hashed names, the page that loads them, and the documents it shows; all compressed. */
export const writeBundle = async ({ web, docs, target }: BundleOptions): Promise<void> => {
  // Of this process alone: two starts may build at the same time.
  const folder = `${target}.new-${process.pid}`;
  rmSync(folder, { recursive: true, force: true });
  const outputs = await buildAssets(web, folder);
  writeFileSync(join(folder, 'index.html'), toPage(outputs, readFileSync(join(web, 'index.html'), 'utf8')));
  for (const [name, text] of renderDocs(docs)) {
    const file = join(folder, 'docs', `${name}.json`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  compressAll(folder);
  rmSync(target, { recursive: true, force: true });
  renameSync(folder, target);
};

type Outputs = Metafile['outputs'];

const buildAssets = async (web: string, folder: string): Promise<Outputs> => {
  const options = {
    absWorkingDir: web,
    outdir: folder,
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/[name]-[hash]',
    bundle: true,
    target: 'es2022',
    minify: true,
    metafile: true,
    legalComments: 'none',
    logLevel: 'error',
  } as const;
  const [page, early] = await Promise.all([
    build({
      ...options,
      entryPoints: ['main.tsx', 'styles.css'],
      format: 'esm',
      splitting: true,
      jsx: 'automatic',
      jsxImportSource: 'preact',
    }),
    // No module: the browser waits for it before it paints.
    build({ ...options, entryPoints: ['shell/early.ts'], format: 'iife' }),
  ]);
  return { ...page.metafile.outputs, ...early.metafile.outputs };
};

/** Fills in the names of the built files, and what the page's script loads at once besides itself. */
const toPage = (outputs: Outputs, template: string): string => {
  const find = (entryPoint: string) => {
    const found = Object.entries(outputs).find(([, output]) => output.entryPoint === entryPoint);
    if (found === undefined) throw new Error(`esbuild made no file of ${entryPoint}`);
    return { path: toUrl(found[0]), output: found[1] };
  };
  const main = find('main.tsx');
  const preloads = main.output.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => toUrl(path));
  const names: Readonly<Record<string, string>> = {
    early: find('shell/early.ts').path,
    main: main.path,
    styles: find('styles.css').path,
    preloads: preloads.map((path) => `<link rel="modulepreload" href="${path}">`).join(''),
  };
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => names[name] ?? '');
};

/** Outputs are named from the folder that esbuild works in; the browser knows them from the root of the origin. */
const toUrl = (path: string): string => path.slice(path.indexOf('assets/') - 1);

const compressAll = (folder: string): void => {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(html|js|css|svg|json)$/.test(name)) continue;
    const file = join(folder, name);
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params }));
  }
};
