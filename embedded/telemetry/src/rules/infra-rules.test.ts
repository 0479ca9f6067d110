import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readRuleTests } from './testing/rule-tests.js';

const folder = resolve(__dirname, '../../../../infra/prometheus/tests');

// The very tests that promtool runs with the real Prometheus.
describe.each(readdirSync(folder))('%s', (file) => {
  const { tests, run } = readRuleTests(join(folder, file));
  test.each(tests)('$name', async (one) => {
    for (const { what, expected, received } of await run(one))
      expect({ what, is: received }).toEqual({ what, is: expected });
  });
});
