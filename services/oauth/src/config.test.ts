import { type ConfigError, parseConfig } from '@glasshouse/service-kit';
import { configSchema } from './config.js';

const good = { MONGO_URL: 'mongodb://127.0.0.1/oauth', SIGNING_KEYS_FILE: '/run/keys.json' };
const demo = {
  DEMO_ADMIN_PASSWORD: 'an admin password',
  DEMO_CUSTOMER_PASSWORD: 'a customer password',
  DEMO_CLIENT_SECRET: 'a client secret',
};

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    parseConfig(configSchema, env);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
};

test('a shop that is no demo starts without demo secrets and refuses to know one', () => {
  expect(problemsOf(good)).toEqual([]);
  const problems = problemsOf({ ...good, ...demo });
  expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual(Object.keys(demo).sort());
  expect(problems.join()).not.toMatch(/an admin password|a customer password|a client secret/);
});

test('a demo needs all its secrets', () => {
  expect(problemsOf({ ...good, ...demo, DEMO_MODE: 'true' })).toEqual([]);
  expect(problemsOf({ ...good, DEMO_MODE: 'true' })).toHaveLength(3);
});

test('what is missing is named together', () => {
  expect(problemsOf({ LOGIN_FAILURES_PER_ADDRESS: '0' }).map((problem) => problem.split(' ')[0])).toEqual([
    'MONGO_URL',
    'SIGNING_KEYS_FILE',
    'LOGIN_FAILURES_PER_ADDRESS',
  ]);
});
