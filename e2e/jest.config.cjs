// End-to-end tests: each file starts a shop of its own on free ports and speaks HTTP to it. They need a build (npm run e2e makes one).
const unit = require('../jest.config.cjs');

module.exports = {
  ...unit,
  rootDir: '..',
  testMatch: ['<rootDir>/e2e/src/**/*.test.ts'],
  // e2e/src/stack has a configuration of its own.
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/e2e/src/stack/'],
  testTimeout: 120_000,
  // A shop is eight processes; more than two at once would only wait for each other.
  maxWorkers: 2,
};
