import type { Labels } from '../promql/types.js';
import { formatFixed, formatFloat, humanize, humanizeDuration, humanizePercentage } from './numbers.js';

/** Renders a label or an annotation for one sample. */
export type Template = (labels: Labels, value: number) => string;

/** What a value becomes on its way through the pipe; only numbers can be formatted. */
type Operand = (labels: Labels, value: number) => number | string;

const functions: Readonly<Record<string, (value: number) => string>> = {
  humanize,
  humanizePercentage,
  humanizeDuration,
};

/**
 * Go's template language as far as alerts need it: `{{ $labels.name }}`, `{{ $value }}`, and `humanize`,
 * `humanizePercentage`, `humanizeDuration`, `printf "%.2f"` after a pipe or before the operand. Throws an error that
 * names anything else, so that a template which works here works in Prometheus.
 */
export const parseTemplate = (text: string): Template => {
  const parts = text.split(/\{\{(.*?)\}\}/s).map((part, index): Operand => {
    if (index % 2 === 1) return parseAction(part.trim());
    if (/\{\{|\}\}/.test(part)) throw new Error(`braces that do not belong together in ${JSON.stringify(text)}`);
    return () => part;
  });
  return (labels, value) => parts.map((part) => toText(part(labels, value))).join('');
};

const toText = (value: number | string): string => (typeof value === 'number' ? formatFloat(value) : value);

const parseAction = (action: string): Operand => {
  const [first = '', ...rest] = action.split('|').map((stage) => stage.trim());
  const call = /^(\w+(?:\s+"[^"]*")?)\s+(\$.*)$/.exec(first);
  const start = parseOperand(call?.[2] ?? first, action);
  const stages = [...(call?.[1] === undefined ? [] : [call[1]]), ...rest].map((stage) => parseFunction(stage, action));
  return stages.reduce<Operand>((operand, apply) => (labels, value) => apply(operand(labels, value)), start);
};

const parseOperand = (text: string, action: string): Operand => {
  if (text === '$value') return (_labels, value) => value;
  const name = /^\$labels\.([a-zA-Z_]\w*)$/.exec(text)?.[1];
  if (name === undefined) throw new Error(`{{ ${action} }} is not supported: only $value and $labels.<name> are`);
  return (labels) => labels[name] ?? '';
};

const parseFunction = (text: string, action: string): ((value: number | string) => string) => {
  const digits = /^printf\s+"%\.(\d)f"$/.exec(text)?.[1];
  const format = digits === undefined ? functions[text] : (value: number) => formatFixed(value, Number(digits));
  if (format === undefined) {
    const known = [...Object.keys(functions), 'printf "%.2f"'].join(', ');
    throw new Error(`{{ ${action} }} is not supported: ${text} is none of ${known}`);
  }
  // Labels that hold a number can be formatted like one, as in Prometheus.
  return (value) => format(Number(value));
};
