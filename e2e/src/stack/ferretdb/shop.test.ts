import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../launcher.js';
import { describeWith } from '../tool.js';
import { type FerretDb, startFerretDb } from './ferretdb.js';
import { runJest } from './jest-run.js';

/** It kills the embedded store, which nobody asks here. */
const aboutTheEmbeddedStore = ['orders outlive the document store'];

/** The test files in a folder that use this. */
const findTests = async (folder: string, word: string): Promise<string[]> => {
  const files = await readdir(join(root, folder), { recursive: true });
  return files
    .filter((file) => /^(\w+\/src\/.*|[\w-]+)\.test\.ts$/.test(file))
    .map((file) => join(folder, file))
    .filter((file) => readFileSync(join(root, file), 'utf8').includes(word));
};

describeWith(['ferretdb'], 'with FerretDB in place of the embedded document store', () => {
  let ferretdb: FerretDb;
  beforeAll(async () => {
    ferretdb = await startFerretDb();
  });
  afterAll(() => ferretdb?.stop());

  test('the tests of all services pass, unchanged', async () => {
    const files = await findTests('services', 'startDocumentStore');
    const environment = { TEST_MONGO_URL: ferretdb.serviceUrl };
    const before = ferretdb.served();
    const { passed, failed, skipped } = await runJest({ config: 'jest.config.cjs', files, environment });
    expect(failed).toEqual([]);
    expect(skipped).toEqual([]);
    expect(passed.length).toBeGreaterThan(300);
    expect(ferretdb.served() - before).toBeGreaterThan(1_000);
  }, 600_000);

  test('a whole shop sells, refuses and recovers as it does with the embedded one', async () => {
    const { passed, failed, skipped } = await runJest({
      config: 'e2e/jest.config.cjs',
      files: await findTests('e2e/src', 'startShop'),
      environment: { E2E_MONGO_URL: ferretdb.serviceUrl },
      except: aboutTheEmbeddedStore,
    });
    expect(failed).toEqual([]);
    expect(skipped.filter((name) => !name.includes('there is no Chromium'))).toEqual(aboutTheEmbeddedStore);
    expect(passed.length).toBeGreaterThan(150);
  }, 900_000);
});
