import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readStamp, toStamp, writeStamp } from './bundle/stamp.js';
import { writeBundle } from './bundle/write.js';

const workspace = resolve(__dirname, '..');
const root = resolve(workspace, '..');
const web = join(workspace, 'src/web');
const docs = join(root, 'docs');
const target = join(workspace, 'dist/web');

/** Builds the page into dist/web, unless nothing that it is made of has changed since the last time. */
const main = async (): Promise<void> => {
  // What was deployed has the built page and no sources.
  if (!existsSync(web)) return;
  const stamp = toStamp([join(workspace, 'src'), docs, join(root, 'package-lock.json')]);
  if (readStamp(target) === stamp) return;
  await writeBundle({ web, docs, target });
  writeStamp(target, stamp);
};

main().catch((error: unknown) => {
  process.stderr.write(`The console's page could not be built: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
