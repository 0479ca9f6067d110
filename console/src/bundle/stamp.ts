import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fileName = 'build.stamp';

/** One digest of the names, sizes and times of all files below some folders: cheap, and different after any change. */
export const toStamp = (sources: readonly string[]): string => {
  const digest = createHash('sha256');
  for (const source of sources) {
    for (const file of filesBelow(source)) {
      const { size, mtimeMs } = statSync(file);
      digest.update(`${file}\0${size}\0${mtimeMs}\n`);
    }
  }
  return digest.digest('hex');
};

const filesBelow = (source: string): string[] => {
  if (!statSync(source).isDirectory()) return [source];
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => join(source, name))
    .filter((file) => statSync(file).isFile());
};

/** @returns the stamp of what was built there; undefined if nothing was */
export const readStamp = (target: string): string | undefined => {
  try {
    return readFileSync(join(target, fileName), 'utf8');
  } catch {
    return undefined;
  }
};

export const writeStamp = (target: string, stamp: string): void => writeFileSync(join(target, fileName), stamp);
