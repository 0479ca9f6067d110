// Unit and service tests. They run on the sources, so that no build can be stale; e2e/ and the
// comparisons with real programs have configurations of their own.
const esmOnly = 'http-proxy-middleware|httpxy|is-plain-obj|marked|preact';

module.exports = {
  testMatch: ['<rootDir>/**/src/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '<rootDir>/e2e/', '/real-[^/]*\\.test\\.ts$'],
  modulePathIgnorePatterns: ['/dist/', '/\\.data/'],
  transform: {
    '\\.[cm]?[jt]s$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly})/)`],
  moduleNameMapper: {
    // Imports name the compiled file, as Node wants it; jest runs the sources.
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^#failpoint$': '<rootDir>/packages/service-kit/src/failpoint.ts',
    '^@glasshouse/telemetry/wire$': '<rootDir>/packages/telemetry/src/wire.ts',
    '^@glasshouse/telemetry$': '<rootDir>/packages/telemetry/src/index.ts',
    '^@glasshouse/service-kit/worker-tasks$': '<rootDir>/packages/service-kit/src/worker-tasks.ts',
    '^@glasshouse/service-kit$': '<rootDir>/packages/service-kit/src/index.ts',
    '^@glasshouse/test-kit$': '<rootDir>/packages/test-kit/src/index.ts',
    '^@glasshouse/embedded-mongo$': '<rootDir>/embedded/mongo/src/index.ts',
    '^@glasshouse/embedded-telemetry$': '<rootDir>/embedded/telemetry/src/index.ts',
    '^@glasshouse/launcher/(run-file|plan|secrets)$': '<rootDir>/embedded/launcher/src/$1.ts',
    '^@glasshouse/oauth$': '<rootDir>/services/oauth/src/main.ts',
    '^@glasshouse/customer$': '<rootDir>/services/customer/src/main.ts',
    '^@glasshouse/product$': '<rootDir>/services/product/src/main.ts',
    '^@glasshouse/order$': '<rootDir>/services/order/src/main.ts',
    '^@glasshouse/payment$': '<rootDir>/services/payment/src/main.ts',
    '^@glasshouse/console$': '<rootDir>/console/src/main.ts',
    '^@glasshouse/console/(queries|analysis)/(.*)$': '<rootDir>/console/src/$1/$2.ts',
    '^@glasshouse/scripts/tools$': '<rootDir>/scripts/src/stack/tools.ts',
    '^@glasshouse/gateway$': '<rootDir>/gateway/src/main.ts',
  },
  testTimeout: 20_000,
  // One worker per core; jest's own default leaves a machine with two of them half idle.
  maxWorkers: '100%',
};
