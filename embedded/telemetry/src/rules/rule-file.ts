import { parseDocument } from 'yaml';

type Texts = Readonly<Record<string, string>>;

/** A rule as it is written in the file; durations and expressions are texts still. */
export interface WrittenRule {
  record?: string;
  alert?: string;
  expr: string;
  for?: string;
  keep_firing_for?: string;
  labels?: Texts;
  annotations?: Texts;
}

export interface WrittenGroup {
  name: string;
  interval?: string;
  rules: WrittenRule[];
}

const groupFields = ['name', 'interval', 'rules'];
const ruleFields = ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'];
const alertFields = ['for', 'keep_firing_for', 'annotations'];
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

type Fields = Record<string, unknown>;

/** A rule's place in its file, for messages. */
export const placeOf = (
  group: { name?: unknown },
  rule: { alert?: unknown; record?: unknown },
  index: number,
): string =>
  `group ${String(group.name)}, rule ${index + 1} (${String(rule.alert ?? rule.record ?? 'without a name')})`;

/**
 * Reads one rule file of Prometheus. What is wrong goes to `report`, one call each; the groups that come back are whole
 * only if there was nothing. Unknown fields are refused, as Prometheus does.
 */
export const parseRuleFile = (text: string, report: (problem: string) => void): WrittenGroup[] => {
  const document = parseDocument(text);
  for (const { message } of document.errors) report(message.split('\n')[0] ?? message);
  if (document.errors.length > 0) return [];
  const file: unknown = document.toJS();
  if (!isFields(file)) return fail(report, 'it is no mapping with the field "groups"');
  checkFields(file, ['groups'], report);
  if (!Array.isArray(file.groups)) return fail(report, '"groups" is no list');
  const groups: unknown[] = file.groups;
  const names = groups.map((group) => (isFields(group) ? group.name : undefined));
  return groups.flatMap((group, index) => {
    if (names.indexOf(names[index]) < index) report(`two groups are named ${String(names[index])}`);
    return toGroup(group, (problem) => report(`group ${String(names[index] ?? index + 1)}: ${problem}`), report);
  });
};

const toGroup = (
  group: unknown,
  report: (problem: string) => void,
  reportOfFile: (problem: string) => void,
): WrittenGroup[] => {
  if (!isFields(group)) return fail(report, 'it is no mapping');
  checkFields(group, groupFields, report);
  if (typeof group.name !== 'string' || group.name === '') report('it has no name');
  if (!Array.isArray(group.rules)) return fail(report, '"rules" is no list');
  for (const [index, rule] of (group.rules as unknown[]).entries()) {
    if (!isFields(rule)) report(`rule ${index + 1} is no mapping`);
    else checkRule(rule, (problem) => reportOfFile(`${placeOf(group, rule, index)}: ${problem}`));
  }
  return [group as unknown as WrittenGroup];
};

const checkRule = (rule: Fields, report: (problem: string) => void): void => {
  checkFields(rule, ruleFields, report);
  if ((rule.record === undefined) === (rule.alert === undefined)) report('it needs one of "record" and "alert"');
  // A number is an expression, too.
  if (typeof rule.expr === 'number') rule.expr = String(rule.expr);
  if (typeof rule.expr !== 'string' || rule.expr.trim() === '') report('it has no "expr"');
  if (rule.record !== undefined) {
    if (!metricName.test(String(rule.record))) report(`${JSON.stringify(rule.record)} is no name of a metric`);
    for (const name of alertFields) if (rule[name] !== undefined) report(`"${name}" belongs to alerts only`);
  }
  for (const name of ['labels', 'annotations']) checkTexts(name, rule[name], report);
};

const checkTexts = (field: string, texts: unknown, report: (problem: string) => void): void => {
  if (texts === undefined) return;
  if (!isFields(texts)) report(`"${field}" is no mapping`);
  for (const [name, text] of Object.entries(isFields(texts) ? texts : {})) {
    if (!labelName.test(name) || name === '__name__')
      report(`${JSON.stringify(name)} in "${field}" is no name of a label`);
    if (typeof text !== 'string') report(`"${name}" in "${field}" is no text; put it in quotes`);
  }
};

const checkFields = (value: Fields, known: readonly string[], report: (problem: string) => void): void => {
  for (const name of Object.keys(value)) if (!known.includes(name)) report(`unknown field "${name}"`);
};

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fail = (report: (problem: string) => void, problem: string): [] => {
  report(problem);
  return [];
};
