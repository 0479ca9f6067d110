import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Expression, parsePromql } from '../promql/index.js';
import { parseRuleDuration, scaleDurations } from './durations.js';
import { parseRuleFile, placeOf, type WrittenGroup, type WrittenRule } from './rule-file.js';
import { parseTemplate, type Template } from './template.js';

interface CommonRule {
  readonly name: string;
  /** The expression that is evaluated, with scaled durations. */
  readonly query: string;
  readonly expression: Expression;
}

export interface RecordingRule extends CommonRule {
  readonly type: 'recording';
  readonly labels: Readonly<Record<string, string>>;
}

export interface AlertingRule extends CommonRule {
  readonly type: 'alerting';
  /** What must be true for so long before the alert fires. */
  readonly holdMs: number;
  readonly keepFiringMs: number;
  /** As written, with templates. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labelTemplates: Readonly<Record<string, Template>>;
  readonly annotationTemplates: Readonly<Record<string, Template>>;
}

export type Rule = RecordingRule | AlertingRule;

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly intervalMs: number;
  readonly rules: readonly Rule[];
}

export interface LoadOptions {
  /** Every `*.yml` and `*.yaml` in it is a rule file of Prometheus. */
  readonly folder: string;
  /** Divides every duration; 1 leaves them as they are. */
  readonly timeScale: number;
}

/** Prometheus' own. */
const defaultIntervalMs = 60_000;
const shortestIntervalMs = 1_000;

/** Reads every rule file of the folder. Throws one error that lists everything that is wrong, with file and rule. */
export const loadRules = ({ folder, timeScale }: LoadOptions): RuleGroup[] => {
  const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  const paths = names.sort().map((name) => join(folder, name));
  return parseRules(
    paths.map((path) => ({ path, text: readFileSync(path, 'utf8') })),
    timeScale,
  );
};

/** The same of texts that are read already. */
export const parseRules = (files: readonly { path: string; text: string }[], timeScale: number): RuleGroup[] => {
  const problems: string[] = [];
  const groups = files.flatMap(({ path, text }) => {
    const report = (problem: string): void => void problems.push(`${path}: ${problem}`);
    const found = problems.length;
    const written = parseRuleFile(text, report);
    return problems.length > found ? [] : written.map((group) => toGroup(group, path, timeScale, report));
  });
  if (problems.length > 0) throw new Error(`The rules cannot be loaded:\n${problems.join('\n')}`);
  return groups;
};

type Report = (problem: string) => void;

const toGroup = (group: WrittenGroup, file: string, timeScale: number, report: Report): RuleGroup => {
  const inGroup: Report = (problem) => report(`group ${group.name}: ${problem}`);
  const intervalMs = toDuration('interval', group.interval, timeScale, inGroup) ?? defaultIntervalMs / timeScale;
  return {
    name: group.name,
    file,
    intervalMs: Math.max(shortestIntervalMs, intervalMs),
    rules: group.rules.map((rule, index) =>
      toRule(rule, timeScale, (problem) => report(`${placeOf(group, rule, index)}: ${problem}`)),
    ),
  };
};

const toRule = (rule: WrittenRule, timeScale: number, report: Report): Rule => {
  const { labels = {}, annotations = {} } = rule;
  const query = attempt(() => scaleDurations(rule.expr, timeScale), report) ?? rule.expr;
  // Without an expression the rule is reported, and never comes back to anybody.
  const expression = attempt(() => parsePromql(query), report) as Expression;
  const common = { query, expression, labels };
  if (rule.alert === undefined) return { type: 'recording', name: rule.record ?? '', ...common };
  return {
    type: 'alerting',
    name: rule.alert,
    ...common,
    annotations,
    holdMs: toDuration('for', rule.for, timeScale, report) ?? 0,
    keepFiringMs: toDuration('keep_firing_for', rule.keep_firing_for, timeScale, report) ?? 0,
    labelTemplates: toTemplates('label', labels, report),
    annotationTemplates: toTemplates('annotation', annotations, report),
  };
};

const toDuration = (field: string, text: string | undefined, timeScale: number, report: Report): number | undefined => {
  if (text === undefined) return undefined;
  const durationMs = attempt(
    () => parseRuleDuration(text),
    (problem) => report(`"${field}": ${problem}`),
  );
  return durationMs === undefined ? undefined : durationMs / timeScale;
};

const toTemplates = (what: string, texts: Readonly<Record<string, string>>, report: Report): Record<string, Template> =>
  Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) => {
      const template = attempt(
        () => parseTemplate(text),
        (problem) => report(`${what} ${name}: ${problem}`),
      );
      return template === undefined ? [] : [[name, template]];
    }),
  );

const attempt = <T>(work: () => T, report: Report): T | undefined => {
  try {
    return work();
  } catch (error) {
    report(error instanceof Error ? error.message : String(error));
    return undefined;
  }
};
