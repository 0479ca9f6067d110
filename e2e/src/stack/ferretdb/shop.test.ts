import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWith } from '../tool.js';
import { type FerretDb, startFerretDb } from './ferretdb.js';
import { runJest } from './jest-run.js';

const root = join(__dirname, '../../../..');
const e2e = ['recovery', 'outages', 'refusals', 'purchase-trace', 'borders'];
/** It kills the embedded store, which nobody asks here. */
const aboutTheEmbeddedStore = ['orders outlive the document store'];

/** The services' test files that start a document store. */
const findStoreTests = async (): Promise<string[]> => {
  const files = await readdir(join(root, 'services'), { recursive: true });
  return files
    .filter((file) => /^\w+\/src\/.*\.test\.ts$/.test(file))
    .map((file) => join('services', file))
    .filter((file) => readFileSync(join(root, file), 'utf8').includes('startDocumentStore'));
};

describeWith(['ferretdb'], 'with FerretDB in place of the embedded document store', () => {
  let ferretdb: FerretDb;
  beforeAll(async () => {
    ferretdb = await startFerretDb();
  });
  afterAll(() => ferretdb?.stop());

  test('the tests of all services pass, unchanged', async () => {
    const files = await findStoreTests();
    const environment = { TEST_MONGO_URL: ferretdb.serviceUrl };
    const before = ferretdb.served();
    const { passed, failed, skipped } = await runJest({ config: 'jest.config.cjs', files, environment });
    expect(failed).toEqual([]);
    expect(skipped).toEqual([]);
    expect(passed.length).toBeGreaterThan(300);
    expect(ferretdb.served() - before).toBeGreaterThan(5_000);
  }, 600_000);

  test('a whole shop sells, refuses and recovers as it does with the embedded one', async () => {
    const { passed, failed, skipped } = await runJest({
      config: 'e2e/jest.config.cjs',
      files: e2e.map((name) => `e2e/src/${name}.test.ts`),
      environment: { E2E_MONGO_URL: ferretdb.serviceUrl },
      except: aboutTheEmbeddedStore,
    });
    expect(failed).toEqual([]);
    expect(skipped).toEqual(aboutTheEmbeddedStore);
    expect(passed.length).toBeGreaterThan(30);
  }, 900_000);
});
