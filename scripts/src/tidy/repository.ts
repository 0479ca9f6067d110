import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface SourceFile {
  /** Path from the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Repository {
  readonly files: readonly SourceFile[];
}

export interface Violation {
  readonly file: string;
  readonly rule: string;
  readonly remedy: string;
}

export type Rule = (repository: Repository) => Violation[];

const textFile =
  /\.(tsx?|js|cjs|mjs|py|json|ndjson|md|yml|yaml|conf|sh|css|html|Dockerfile)$|(^|\/)(LICENSE|Dockerfile|\.env|\.npmrc|\.(git|docker)ignore)$|^\.ci\//;

/** The text files that git tracks or would track, so that a new file is checked before it is committed. */
export const readRepository = async (root: string): Promise<Repository> => {
  const list = await promisify(execFile)('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 16 * 1024 * 1024,
  });
  const paths = list.stdout.split('\n').filter((path) => textFile.test(path));
  const files = await Promise.all(
    paths.map(async (path) => {
      try {
        return [{ path, text: await readFile(join(root, path), 'utf8') }];
      } catch {
        // Deleted in the working tree, not yet in the index.
        return [];
      }
    }),
  );
  return { files: files.flat() };
};

/** Tests and what only tests use. */
export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path) || /\/src\/(.*\/)?testing\//.test(path);

export const findFile = ({ files }: Repository, path: string): string | undefined =>
  files.find((file) => file.path === path)?.text;
