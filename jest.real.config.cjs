// What is compared with real programs: tests named real-*.test.ts. They need those programs, and more time than npm test has.
const unit = require('./jest.config.cjs');

module.exports = {
  ...unit,
  testMatch: ['<rootDir>/**/src/**/real-*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 120_000,
};
