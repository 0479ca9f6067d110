import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../launcher.js';

export interface JestRun {
  readonly config: string;
  readonly files: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Names of tests that are not run. */
  readonly except?: readonly string[];
}

export interface JestOutcome {
  readonly passed: readonly string[];
  /** Names, each with its first message. */
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    /** Of a file that could not be run at all. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs tests of this repository in a process of their own, with other variables. */
export const runJest = async ({ config, files, environment, except = [] }: JestRun): Promise<JestOutcome> => {
  const folder = await mkdtemp(join(tmpdir(), 'glasshouse-jest-'));
  const report = join(folder, 'report.json');
  const others = except.length === 0 ? [] : ['--testNamePattern', `^(?!(${except.map(toLiteral).join('|')})$)`];
  const args = ['--config', config, '--json', '--outputFile', report, ...others, '--runTestsByPath', ...files];
  const { NODE_ENV: _env, JEST_WORKER_ID: _worker, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...args], {
    cwd: root,
    stdio: 'ignore',
    env: { ...inherited, ...environment },
  });
  await new Promise((resolve) => child.once('close', resolve));
  try {
    return toOutcome(JSON.parse(await readFile(report, 'utf8')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const toOutcome = ({ testResults }: Report): JestOutcome => {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const named = (status: string) => all.filter((result) => result.status === status);
  return {
    passed: named('passed').map(({ fullName }) => fullName),
    failed: [
      ...testResults.flatMap((file) => (file.assertionResults.length === 0 ? [`${file.name}: ${file.message}`] : [])),
      ...named('failed').map(({ fullName, failureMessages: [message = ''] }) => `${fullName}: ${message}`),
    ],
    skipped: named('pending').map(({ fullName }) => fullName),
  };
};

const toLiteral = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
