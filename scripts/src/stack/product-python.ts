import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Tool } from './tools.js';

const folder = join(__dirname, '../../../examples/product-python');

/** The packages of examples/product-python, where its own `run` puts them: the two must agree on the name. */
export const productPython = {
  name: 'product-python',
  get file() {
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, 'requirements.txt')))
      .digest('hex');
    return `product-python-${digest.slice(0, 12)}/installed`;
  },
  remedy: 'npm run stack:real -- --install-only (needs Python 3.11 with venv)',
  install: (cache) =>
    promisify(execFile)(join(folder, 'run'), ['--install-only'], {
      env: { ...process.env, GLASSHOUSE_CACHE: cache },
      timeout: 10 * 60_000,
    }),
} satisfies Tool;
