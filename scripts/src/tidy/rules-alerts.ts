import { parse } from 'yaml';
import { findFile, type Repository, type Rule, type Violation } from './repository.js';
import { toListedNames } from './rules-documents.js';

interface WrittenRule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface PlacedRule {
  readonly file: string;
  readonly rule: WrittenRule;
}

const ruleFile = /^infra\/prometheus\/rules\/.*\.ya?ml$/;
const testFile = /^infra\/prometheus\/tests\/.*\.ya?ml$/;
const runbook = /^docs\/runbooks\/([a-z-]+)\.md$/;
const overview = 'docs/alerts.md';
const severities = ['page', 'ticket', 'info'];

const findRules = ({ files }: Repository): PlacedRule[] =>
  files
    .filter(({ path }) => ruleFile.test(path))
    .flatMap(({ path, text }) => {
      const { groups = [] } = parse(text) as { groups?: { rules: WrittenRule[] }[] };
      return groups.flatMap(({ rules }) => rules.map((rule) => ({ file: path, rule })));
    });

const findAlerts = (repository: Repository) =>
  findRules(repository).flatMap(({ file, rule }) =>
    rule.alert === undefined ? [] : [{ file, name: rule.alert, rule }],
  );

/** One of each name: the same alert may have a rule for each severity. */
const findAlertNames = (repository: Repository): Map<string, string> =>
  new Map(findAlerts(repository).map(({ name, file }) => [name, file]));

const toRunbook = (alert: string): string =>
  `docs/runbooks/${alert.replaceAll(/(?<!^)(?=[A-Z])/g, '-').toLowerCase()}.md`;

const metricsExist: Rule = (repository) => {
  const rules = findRules(repository);
  const documented = toListedNames(findFile(repository, 'docs/telemetry.md') ?? '', 'Metrics');
  const recorded = new Set([...rules.map(({ rule }) => rule.record), 'ALERTS', 'ALERTS_FOR_STATE']);
  const exists = (name: string): boolean =>
    documented.has(name) ||
    documented.has(name.replace(/_(bucket|count|sum)$/, '')) ||
    recorded.has(name) ||
    /^(up$|scrape_|process_|nodejs_)/.test(name);
  const used = [
    ...rules.map(({ file, rule }) => ({ file, text: rule.expr })),
    ...repository.files
      .filter(({ path }) => runbook.test(path) || path === overview)
      .flatMap(({ path, text }) => toBlocks(text, 'promql').map((block) => ({ file: path, text: block }))),
  ];
  return unique(
    used.flatMap(({ file, text }) =>
      toMetricNames(text)
        .filter((name) => !exists(name))
        .map((name) => ({
          file,
          rule: `It asks for the metric ${name}, which nobody makes.`,
          remedy: 'Correct the name; docs/telemetry.md lists what the services count, the rules what is recorded.',
        })),
    ),
  );
};

/** Names of metrics in an expression: what is neither text, label, keyword nor function. */
export const toMetricNames = (expression: string): string[] => {
  const bare = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .replaceAll(/#.*/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*(\([^)]*\))?/gi, ' ')
    .replaceAll(/\boffset\s+-?\w+/gi, ' ');
  return [...bare.matchAll(/(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])/g)]
    .map(([name]) => name)
    .filter((name) => !/^(and|or|unless|bool|atan2|inf|nan)$/i.test(name));
};

const toBlocks = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(/^```(\w+)\n(.*?)^```/gms)]
    .filter((block) => block[1] === language)
    .map((block) => block[2] ?? '');

const alertsHaveRunbooks: Rule = (repository) => {
  const names = findAlertNames(repository);
  const wanted = new Set([...names.keys()].map(toRunbook));
  const missing = [...names]
    .filter(([name]) => findFile(repository, toRunbook(name)) === undefined)
    .map(([name, file]) => ({
      file,
      rule: `The alert ${name} has no runbook.`,
      remedy: `Write ${toRunbook(name)}: what it means, who is hurt, how to look, what to do, when it is over.`,
    }));
  const stale = repository.files
    .filter(({ path }) => runbook.test(path) && !wanted.has(path))
    .map(({ path }) => ({
      file: path,
      rule: 'No alert leads to this runbook.',
      remedy: 'Delete it, or name it after its alert: order-saga-stuck.md for OrderSagaStuck.',
    }));
  return [...missing, ...stale];
};

const alertsCanBeRouted: Rule = (repository) =>
  findAlerts(repository).flatMap(({ file, name, rule: { labels = {}, annotations = {} } }) => {
    const violation = (rule: string, remedy: string): Violation => ({
      file,
      rule: `The alert ${name} ${rule}`,
      remedy,
    });
    return [
      ...(severities.includes(labels.severity ?? '')
        ? []
        : [violation('has no severity.', `Set the label severity to one of ${severities.join(', ')}.`)]),
      ...((labels.service ?? '') === ''
        ? [violation('names no service.', 'Set the label service to the one to look at first.')]
        : []),
      ...['summary', 'description']
        .filter((field) => (annotations[field] ?? '') === '')
        .map((field) =>
          violation(`has no ${field}.`, `Add the annotation ${field}, in words for somebody who was asleep.`),
        ),
      ...(annotations.runbook === toRunbook(name)
        ? []
        : [violation('does not lead to its runbook.', `Set the annotation runbook to ${toRunbook(name)}.`)]),
    ];
  });

const alertsAreTested: Rule = (repository) => {
  const tests = repository.files.filter(({ path }) => testFile.test(path)).map(({ text }) => text);
  const tested = new Set(tests.flatMap((text) => [...text.matchAll(/\balertname: (\w+)/g)].map((match) => match[1])));
  return [...findAlertNames(repository)]
    .filter(([name]) => !tested.has(name))
    .map(([name, file]) => ({
      file,
      rule: `The alert ${name} is in no test.`,
      remedy: 'Show in infra/prometheus/tests when it fires and when it does not; promtool test rules runs it.',
    }));
};

const alertsAreListed: Rule = (repository) => {
  const names = findAlertNames(repository);
  const listed = toListedNames(findFile(repository, overview) ?? '', 'Alerts');
  const missing = [...names]
    .filter(([name]) => !listed.has(name))
    .map(([name, file]) => ({
      file,
      rule: `The alert ${name} is not in ${overview}.`,
      remedy: 'Add a row for it to the table below "Alerts".',
    }));
  const stale = [...listed]
    .filter((name) => !names.has(name))
    .map((name) => ({ file: overview, rule: `There is no alert ${name}.`, remedy: 'Delete its row.' }));
  return [...missing, ...stale];
};

const runbooksNameRealFacts: Rule = (repository) => {
  const facts = toListedNames(findFile(repository, 'docs/telemetry.md') ?? '', 'Facts');
  return repository.files
    .filter(({ path }) => runbook.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\bevent\.action:([a-z_.]+)/g)]
        .map((match) => match[1] ?? '')
        .filter((name) => !facts.has(name))
        .map((name) => ({
          file: path,
          rule: `It looks for the fact ${name}, which nobody states.`,
          remedy: 'Correct the name; docs/telemetry.md lists all facts.',
        })),
    );
};

const unique = (violations: readonly Violation[]): Violation[] => [
  ...new Map(violations.map((violation) => [`${violation.file} ${violation.rule}`, violation])).values(),
];

export const alertRules: readonly Rule[] = [
  metricsExist,
  alertsHaveRunbooks,
  alertsCanBeRouted,
  alertsAreTested,
  alertsAreListed,
  runbooksNameRealFacts,
];
