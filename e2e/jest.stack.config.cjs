// The unchanged services against the real tools (npm run stack:real installs these and runs the tests).
const e2e = require('./jest.config.cjs');

module.exports = {
  ...e2e,
  testMatch: ['<rootDir>/e2e/src/stack/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 240_000,
  // A shop beside a Java program or two is all that two cores can carry.
  maxWorkers: 1,
};
