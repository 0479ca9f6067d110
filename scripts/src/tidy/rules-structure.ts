import { posix } from 'node:path';
import { isTest, type Repository, type Rule, type SourceFile, type Violation } from './repository.js';

const services = ['oauth', 'customer', 'product', 'order', 'payment'];
const telemetryLibraries = [
  'winston',
  'winston-transport',
  'fluent-logger',
  'jaeger-client',
  'opentracing',
  'prom-client',
];

/** A role starts as a file and becomes a folder of the same name when it outgrows its limit. */
const rolesOfEveryService = ['main', 'config', 'app', 'routes', 'use-cases', 'domain', 'store', 'telemetry', 'errors'];

/** The hard limits of lines per role; any other source file has the general one. */
const lineLimits: Readonly<Record<string, number>> = {
  main: 70,
  config: 60,
  app: 40,
  routes: 200,
  'use-cases': 250,
  domain: 200,
  store: 200,
  clients: 100,
  telemetry: 120,
  errors: 60,
};
const generalLineLimit = 300;
const testLineLimit = 400;

const sourceFiles = ({ files }: Repository): SourceFile[] =>
  files.filter(({ path }) => /^(gateway|services|packages|embedded|console|scripts|e2e)\/.*\.tsx?$/.test(path));

/** The workspace a file belongs to: its folder from the root. */
const workspaceOf = (path: string): string =>
  (/^(services|packages|embedded)\/[^/]+/.exec(path) ?? /^[^/]+/.exec(path))?.[0] ?? '';

const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:from|import|require\.resolve|require)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');

const everyServiceHasItsRoles: Rule = ({ files }) =>
  services.flatMap((service) =>
    rolesOfEveryService
      .filter((role) => !files.some(({ path }) => isRoleFile(path, `services/${service}/src`, role)))
      .map((role) => ({
        file: `services/${service}/src/${role}.ts`,
        rule: 'Every service has the same role files.',
        remedy: `Put what ${service} does as its ${role} into this file, or into a folder of that name.`,
      })),
  );

const isRoleFile = (path: string, folder: string, role: string): boolean =>
  path === `${folder}/${role}.ts` || path.startsWith(`${folder}/${role}/`);

const filesStaySmall: Rule = (repository) =>
  sourceFiles(repository).flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1;
    const limit = toLineLimit(path);
    if (lines <= limit) return [];
    return {
      file: path,
      rule: `It has ${lines} lines; its role has at most ${limit}.`,
      remedy: 'Make the role a folder of the same name, with one file per thing it does.',
    };
  });

const toLineLimit = (path: string): number => {
  if (isTest(path)) return testLineLimit;
  const role = /^(?:services\/[^/]+|gateway)\/src\/([a-z-]+)/.exec(path)?.[1] ?? '';
  return lineLimits[role] ?? generalLineLimit;
};

/** Who may import which workspace. Tests may use test-kit besides. */
const allowedImports = (workspace: string): RegExp => {
  if (workspace === 'gateway' || workspace.startsWith('services/')) return /^service-kit(\/worker-tasks)?$/;
  if (workspace === 'console') return /^service-kit$/;
  if (workspace === 'packages/service-kit') return /^telemetry$/;
  if (workspace === 'packages/test-kit') return /^(telemetry|service-kit|embedded-mongo)$/;
  if (workspace === 'embedded/telemetry') return /^telemetry\/wire$/;
  if (workspace === 'embedded/launcher') return /^(?!scripts|e2e|test-kit)/;
  if (workspace === 'scripts') return /^(?!e2e|test-kit)/;
  // The list of the real tools that its tests need, and that scripts install.
  if (workspace === 'e2e') return /^(test-kit|scripts\/tools)$/;
  return /^$/;
};

const bordersAreKept: Rule = (repository) =>
  sourceFiles(repository).flatMap(({ path, text }) => {
    const workspace = workspaceOf(path);
    return importsOf(text).flatMap((target): Violation[] => {
      if (target.startsWith('.') && leavesWorkspace(path, target, workspace)) {
        return [
          {
            file: path,
            rule: `It imports ${target}, across a workspace's border.`,
            remedy: 'Import the package by its name, or move the code.',
          },
        ];
      }
      const name = /^@glasshouse\/(.+)$/.exec(target)?.[1];
      if (name === undefined || allowedImports(workspace).test(name)) return [];
      if (isTest(path) && (name === 'test-kit' || workspace === 'embedded/telemetry')) return [];
      return [
        {
          file: path,
          rule: `It imports ${target}, which ${workspace} may not.`,
          remedy: 'Speak HTTP to it, or move what both need into service-kit.',
        },
      ];
    });
  });

const leavesWorkspace = (path: string, target: string, workspace: string): boolean =>
  !`${resolve(path, target)}/`.startsWith(`${workspace}/`);

/** The path from the root that a relative import in this file names. */
const resolve = (path: string, target: string): string => posix.join(posix.dirname(path), target);

/** What runs in a browser, and what runs there as well as in a process. */
const isForBrowser = (path: string): boolean => /^console\/src\/(web|queries|analysis)\//.test(path);

/** A page that takes in a part of the server grows by all that this imports, or does not run at all. */
const pagesRunInBrowsers: Rule = (repository) =>
  sourceFiles(repository)
    .filter(({ path }) => isForBrowser(path) && !isTest(path))
    .flatMap(({ path, text }) =>
      importsOf(text)
        .filter(
          (target) => target.startsWith('node:') || (target.startsWith('.') && !isForBrowser(resolve(path, target))),
        )
        .map((target) => ({
          file: path,
          rule: `It imports ${target}, which no browser has.`,
          remedy: 'Ask the process by HTTP, or move what both need into console/src/queries or console/src/analysis.',
        })),
    );

const telemetryHasOneHome: Rule = (repository) =>
  sourceFiles(repository)
    .filter(({ path }) => !path.startsWith('packages/telemetry/') && !isTest(path))
    .flatMap(({ path, text }) =>
      importsOf(text)
        .filter((target) => telemetryLibraries.includes(target))
        .map((target) => ({
          file: path,
          rule: `It imports ${target}.`,
          remedy:
            'Only packages/telemetry knows the logger, tracer and metrics library; state a fact in telemetry.ts instead.',
        })),
    );

const businessIsSilent: Rule = (repository) =>
  sourceFiles(repository)
    .filter(
      ({ path }) => /^services\/[^/]+\/src\/(use-cases|domain|store|routes|clients)\b/.test(path) && !isTest(path),
    )
    .filter(({ text }) =>
      /\btelemetry\b|\.(tracing|metrics|fact)\b/.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
    )
    .map(({ path }) => ({
      file: path,
      rule: 'Business code speaks of telemetry.',
      remedy: "Call one method of the probe, named after the fact, and let the service's telemetry.ts decide the rest.",
    }));

const environmentIsReadInOnePlace: Rule = (repository) =>
  sourceFiles(repository)
    .filter(({ path }) => /^(services|gateway|packages|console)\b/.test(path) && !isTest(path))
    .filter(({ path }) => !/\/(config|main|run-service|document-store|failpoint\.test-build)\.ts$/.test(path))
    .filter(({ text }) => text.includes('process.env'))
    .map(({ path }) => ({
      file: path,
      rule: 'It reads process.env.',
      remedy: 'Add the variable to the schema in config.ts and pass its value on.',
    }));

const nothingPrintsToTheConsole: Rule = (repository) =>
  sourceFiles(repository)
    .filter(({ text }) => /\bconsole\.\w+\(/.test(text))
    .map(({ path }) => ({
      file: path,
      rule: 'It prints to the console.',
      remedy: 'A service states a fact through its probe; a command writes to process.stdout.',
    }));

const namesAnswerQuestions: Rule = ({ files }) =>
  files
    .filter(({ path }) => /(^|\/)(utils?|helpers?|common|shared|lib|misc)(\/|\.[a-z.]+$)/.test(path))
    .map(({ path }) => ({
      file: path,
      rule: 'Its name does not say what lives in it.',
      remedy: 'Name it after what it does, or move its parts to where they are used.',
    }));

const nothingPointsOutside: Rule = ({ files }) =>
  files
    .filter(({ text }) => /\/(work|root|home)\/[a-z]+\/|\.\.\/shared\b/.test(text.replaceAll(/^\s*\/\^.*$/gm, '')))
    .filter(({ path }) => path !== 'scripts/src/tidy/rules-structure.ts')
    .map(({ path }) => ({
      file: path,
      rule: "It names a folder of somebody's machine.",
      remedy: 'Use a path from the root of the repository, or a temporary folder.',
    }));

export const structureRules: readonly Rule[] = [
  everyServiceHasItsRoles,
  filesStaySmall,
  bordersAreKept,
  pagesRunInBrowsers,
  telemetryHasOneHome,
  businessIsSilent,
  environmentIsReadInOnePlace,
  nothingPrintsToTheConsole,
  namesAnswerQuestions,
  nothingPointsOutside,
];
