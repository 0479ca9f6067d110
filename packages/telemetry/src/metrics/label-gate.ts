import type { LabelSets, Labels } from '../types.js';

/** One combination of label values, ready for prom-client. */
export type CheckedLabels = Record<string, string>;

export interface LabelGate {
  /** The checked labels, or undefined: a value outside its closed set, a missing or unknown label, or no series left. */
  check(labels: Labels | undefined): CheckedLabels | undefined;
  admit(label: string, value: string): void;
}

/** Takes room for that many series from the service's budget; false if there is not enough. */
export type TakeSeries = (count: number) => boolean;

const noLabels: Labels = {};
const SEPARATOR = '\u0000';

/**
 * Lets only closed sets through, so that no input can create series. Combinations seen before cost one look-up.
 */
export const createLabelGate = (sets: LabelSets, seriesPerCombination: number, takeSeries: TakeSeries): LabelGate => {
  const allowed = new Map<string, Set<string>>();
  const dynamic = new Set<string>();
  for (const [name, values] of Object.entries(sets)) {
    allowed.set(name, new Set(values === 'dynamic' ? [] : values));
    if (values === 'dynamic') dynamic.add(name);
  }
  const names = [...allowed.keys()];
  const known = new Map<string, CheckedLabels>();

  const checkNew = (labels: Labels): CheckedLabels | undefined => {
    const checked: CheckedLabels = {};
    for (const [name, values] of allowed) {
      const value = String(labels[name]);
      if (!values.has(value)) return undefined;
      checked[name] = value;
    }
    return takeSeries(seriesPerCombination) ? checked : undefined;
  };

  return {
    check(labels = noLabels) {
      let key = '';
      for (const name of names) key += labels[name] + SEPARATOR;
      let count = 0;
      for (const _name in labels) count++;
      if (count !== names.length) return undefined;
      const seen = known.get(key);
      if (seen !== undefined) return seen;
      const checked = checkNew(labels);
      if (checked !== undefined) known.set(key, checked);
      return checked;
    },
    admit(label, value) {
      if (!dynamic.has(label)) throw new TypeError(`label ${label} is not dynamic`);
      allowed.get(label)?.add(value);
    },
  };
};
