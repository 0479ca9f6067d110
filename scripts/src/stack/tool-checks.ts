import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { findTool, type Tool, tools } from './tools.js';

/** What came of a check: problems in sentences, or why it could not be made. */
export interface Outcome {
  readonly name: string;
  readonly problems: readonly string[];
  /** What was looked at, in a few words. */
  readonly seen?: string;
  /** Not checked for want of a tool, and how to get it. */
  readonly skipped?: string;
}

export interface Surroundings {
  /** The root of the repository. */
  readonly root: string;
  readonly cache: string;
  /** The PATH to look for tools on. */
  readonly path: string;
}

const run = promisify(execFile);

/** @returns what the program printed. @throws Error with what it complained of */
export const runTool = async (file: string, args: readonly string[], cwd: string): Promise<string> => {
  try {
    const { stdout } = await run(file, [...args], { cwd, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 });
    return stdout;
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    const [words = ''] = [stderr, stdout, String(error)].filter((text) => text.trim() !== '');
    throw new Error(words.trim().split('\n').slice(-6).join(' | '));
  }
};

/** Runs a check with its tool, or says how to get it. */
export const withTool = async (
  name: string,
  tool: Tool,
  { cache, path }: Surroundings,
  check: (file: string) => Promise<Omit<Outcome, 'name'>>,
): Promise<Outcome> => {
  const file = findTool(tool, cache, path);
  if (file === undefined) return { name, problems: [], skipped: `no ${tool.name}: ${tool.remedy}` };
  try {
    return { name, ...(await check(file)) };
  } catch (error) {
    return { name, problems: [error instanceof Error ? error.message : String(error)] };
  }
};

const profiles = ['core', 'logs', 'beats', 'traces', 'traces-elasticsearch', 'metrics', 'cluster', 'all'];

const checkProfilesBy = (name: string, tool: Tool, at: Surroundings): Promise<Outcome> =>
  withTool(`docker-compose.yml in every profile, by Compose ${name}`, tool, at, async (compose) => {
    for (const profile of profiles) await runTool(compose, ['--profile', profile, 'config', '--quiet'], at.root);
    return { problems: [], seen: `${profiles.length} profiles` };
  });

/** By the old reader and by the one that users have. */
export const checkComposeProfiles = async (at: Surroundings): Promise<Outcome[]> => [
  await checkProfilesBy('1', tools.compose, at),
  await checkProfilesBy('2', tools.composeV2, at),
];

const dockerfiles = ['infra/docker/Dockerfile', 'infra/docker/fluentd.Dockerfile'];

export const checkDockerfiles = (at: Surroundings): Promise<Outcome> =>
  withTool('Dockerfiles, by hadolint', tools.hadolint, at, async (hadolint) => {
    await runTool(hadolint, ['--no-color', ...dockerfiles], at.root);
    return { problems: [], seen: `${dockerfiles.length} files` };
  });

const ruleTests = 'infra/prometheus/tests';

export const checkPrometheus = (at: Surroundings): Promise<Outcome> =>
  withTool('Prometheus configuration, rules and their tests', tools.promtool, at, async (promtool) => {
    const said = await runTool(promtool, ['check', 'config', 'infra/prometheus/prometheus.yml'], at.root);
    const rules = [...said.matchAll(/(\d+) rules found/g)].reduce((sum, match) => sum + Number(match[1]), 0);
    const tests = (await readdir(join(at.root, ruleTests))).map((file) => join(ruleTests, file));
    await runTool(promtool, ['test', 'rules', ...tests], at.root);
    return { problems: [], seen: `${rules} rules, ${tests.length} files of tests` };
  });

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly { alert?: string; labels?: Record<string, string> }[] }[];
}

const alertmanagerFile = 'infra/alertmanager/alertmanager.yml';

/** Every alert that a rule can raise comes to the receiver of its severity. */
export const checkAlertmanager = (at: Surroundings): Promise<Outcome> =>
  withTool('Alertmanager configuration and routes', tools.amtool, at, async (amtool) => {
    await runTool(amtool, ['check-config', alertmanagerFile], at.root);
    const alerts = await readAlerts(at.root);
    const problems = await Promise.all(
      alerts.map(async ({ name, severity }) => {
        const labels = [`alertname=${name}`, `severity=${severity}`, 'service=order'];
        const receiver = (
          await runTool(amtool, ['config', 'routes', 'test', `--config.file=${alertmanagerFile}`, ...labels], at.root)
        ).trim();
        return receiver === `console-${severity}` ? [] : [`${name} (${severity}) goes to ${receiver}`];
      }),
    );
    return { problems: problems.flat(), seen: `${alerts.length} kinds of alerts` };
  });

const readAlerts = async (root: string): Promise<{ name: string; severity: string }[]> => {
  const files = ['alerts.yml', 'slo.yml'].map((file) => readFile(join(root, 'infra/prometheus/rules', file), 'utf8'));
  const rules = (await Promise.all(files)).flatMap((text) =>
    (parse(text) as RuleFile).groups.flatMap((group) => group.rules),
  );
  const kinds = rules.flatMap(({ alert, labels = {} }) =>
    alert === undefined ? [] : [`${alert} ${labels.severity ?? ''}`],
  );
  return [...new Set(kinds)].map((kind) => {
    const [name = '', severity = ''] = kind.split(' ');
    return { name, severity };
  });
};

export const checkJaeger = (at: Surroundings): Promise<Outcome> =>
  withTool('Jaeger configuration, in memory and on Elasticsearch', tools.jaeger, at, async (jaeger) => {
    const base = '--config=infra/jaeger/jaeger.yaml';
    await runTool(jaeger, ['validate', base], at.root);
    await runTool(jaeger, ['validate', base, '--config=infra/jaeger/elasticsearch.yaml'], at.root);
    return { problems: [], seen: '2 configurations' };
  });
