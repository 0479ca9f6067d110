import { createPlan, type PlanOptions, wantedPorts } from './plan.js';

const options: PlanOptions = {
  offset: 0,
  dataDirectory: '/data',
  secrets: { adminPassword: 'a', customerPassword: 'c', clientSecret: 's' },
  rules: { folder: '/rules', timeScale: 60, webhooks: ['http://127.0.0.1:5000/hook'] },
  environment: {},
  replacements: {},
};

const portsOf = (plan: ReturnType<typeof createPlan>): number[] =>
  [...plan.standIns, ...plan.services].flatMap((part) => part.ports).sort((a, b) => a - b);

test('every port of the plan is checked before the start, and no two parts want the same', () => {
  const planned = portsOf(createPlan(options));
  expect(planned).toEqual(wantedPorts.map(({ port }) => port).sort((a, b) => a - b));
  expect(new Set(planned).size).toBe(planned.length);
});

test('the offset moves every port and every address by the same number', () => {
  const plan = createPlan({ ...options, offset: 1000 });
  expect(portsOf(plan)).toEqual(portsOf(createPlan(options)).map((port) => port + 1000));
  const addresses =
    plan.services
      .flatMap(({ env }) => Object.values(env))
      .join(' ')
      .match(/:\d+/g) ?? [];
  const known = new Set(portsOf(plan).map((port) => `:${port}`));
  expect(addresses.filter((address) => !known.has(address))).toEqual([]);
});

test('a variable of one service is set by SERVICE__NAME, for that service alone', () => {
  const plan = createPlan({ ...options, environment: { ORDER__LOG_LEVEL: 'debug', LOG_LEVEL: 'error' } });
  const levels = Object.fromEntries(plan.services.map(({ name, env }) => [name, env.LOG_LEVEL]));
  expect(levels.order).toBe('debug');
  expect(levels.product).toBeUndefined();
});

test('only oauth is given the demo logins', () => {
  const plan = createPlan({
    ...options,
    secrets: { adminPassword: 'AAA', customerPassword: 'CCC', clientSecret: 'SSS' },
  });
  const holders = plan.services.filter(({ env }) => /AAA|CCC|SSS/.test(JSON.stringify(env))).map(({ name }) => name);
  expect(holders).toEqual(['oauth']);
});

test('the telemetry backend is given the rules, and the console is told of alerts like any other receiver', () => {
  const { standIns, rules } = createPlan({ ...options, offset: 1000 });
  const backend = standIns.find(({ name }) => name === 'telemetry backend');
  const webhooks = ['http://127.0.0.1:9090/api/alerts', 'http://127.0.0.1:5000/hook'];
  expect(backend?.args.slice(4)).toEqual(['--rules', '/rules', '--time-scale', '60', '--webhooks', webhooks.join()]);
  expect(rules).toEqual({ folder: '/rules', timeScale: 60, webhooks });
});

test('what takes the place of a service gets its ports and variables, and everybody else stays', () => {
  const program = { command: './run', folder: '/elsewhere' };
  const replaced = createPlan({ ...options, replacements: { product: program } });
  const withoutProgram = replaced.services.map(({ program: _program, ...part }) => part);
  expect(withoutProgram).toEqual(createPlan(options).services);
  expect(replaced.services.flatMap((part) => (part.program ? [[part.name, part.program]] : []))).toEqual([
    ['product', program],
  ]);
});
