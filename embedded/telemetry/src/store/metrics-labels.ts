/** Label names to values, sorted by name and none empty, so that equal labels have equal JSON. `__name__` is the name. */
export type Labels = Readonly<Record<string, string>>;

/** One condition of a selector; a label that is not there has the empty value. */
export interface Matcher {
  name: string;
  /** The only value that passes, if there is just one. */
  exact: string | undefined;
  matches(value: string): boolean;
}

export const toLabels = (entries: Iterable<readonly [string, string]>): Labels => {
  const present = [...entries].filter(([, value]) => value !== '');
  return Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1)));
};

export const dropLabels = (labels: Labels, names: readonly string[]): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));

export const keepLabels = (labels: Labels, names: readonly string[]): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => names.includes(name)));
