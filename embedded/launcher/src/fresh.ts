import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const asidePrefix = 'store.aside-';

/**
 * Moves the document store's folder aside, so that the next start begins empty and nothing is lost by a slip. Only
 * the latest folder is kept.
 * @returns where the data is now; undefined if there was none
 */
export const setStoreAside = (dataDirectory: string, now = new Date()): string | undefined => {
  const store = join(dataDirectory, 'store');
  if (!existsSync(store)) return undefined;
  for (const name of readdirSync(dataDirectory)) {
    if (name.startsWith(asidePrefix)) rmSync(join(dataDirectory, name), { recursive: true, force: true });
  }
  const aside = join(dataDirectory, `${asidePrefix}${now.toISOString().replaceAll(':', '-')}`);
  renameSync(store, aside);
  return aside;
};
