/** What can stand where somebody types in an expression. */
export interface Suggestion {
  readonly text: string;
  /** What it is, or what it does. */
  readonly detail: string;
}

/** What to offer at the caret, and which part of the text it takes the place of. */
export interface Completion {
  readonly from: number;
  readonly to: number;
  readonly typed: string;
  readonly wants:
    | { readonly kind: 'name' }
    | { readonly kind: 'label'; readonly metric: string }
    | { readonly kind: 'value'; readonly metric: string; readonly label: string };
}

const wordAtEnd = /[a-zA-Z_:][\w:]*$/;

/** Reads what is being typed at the caret. Undefined where nothing can be offered, as within a duration. */
export const findCompletion = (text: string, caret: number): Completion | undefined => {
  const before = text.slice(0, caret);
  const open = findOpenBrace(before);
  if (open !== undefined) return completeLabels(before, open, caret);
  if (isInString(before) || /\[[^\]]*$/.test(before)) return undefined;
  const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)$/.exec(before);
  const typed = wordAtEnd.exec(before)?.[0] ?? '';
  const range = { from: caret - typed.length, to: caret, typed };
  if (grouping !== null) return { ...range, wants: { kind: 'label', metric: findMetric(text) } };
  return typed === '' ? undefined : { ...range, wants: { kind: 'name' } };
};

const completeLabels = (before: string, open: number, caret: number): Completion | undefined => {
  const inside = before.slice(open + 1);
  const metric = wordAtEnd.exec(before.slice(0, open).trimEnd())?.[0] ?? '';
  const value = /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)$/.exec(inside);
  if (value !== null) {
    const typed = value[2] ?? '';
    return { from: caret - typed.length, to: caret, typed, wants: { kind: 'value', metric, label: value[1] ?? '' } };
  }
  if (isInString(inside)) return undefined;
  const name = /(?:^|,)\s*([a-zA-Z_]\w*)?$/.exec(inside);
  if (name === null) return undefined;
  const typed = name[1] ?? '';
  return { from: caret - typed.length, to: caret, typed, wants: { kind: 'label', metric } };
};

/** Where the selector that the caret is in begins. */
const findOpenBrace = (before: string): number | undefined => {
  let open: number | undefined;
  let isQuoted = false;
  for (let index = 0; index < before.length; index += 1) {
    const character = before[index];
    if (isQuoted && character === '\\') index += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === '{') open = index;
    else if (!isQuoted && character === '}') open = undefined;
  }
  return open;
};

const isInString = (text: string): boolean => (text.replaceAll(/\\./g, '').match(/"/g) ?? []).length % 2 === 1;

/** The first name that is followed by a selector or range, or the longest: whose labels a grouping is about. */
const findMetric = (text: string): string =>
  /([a-zA-Z_:][\w:]*)\s*[{[]/.exec(text)?.[1] ??
  (text.match(/[a-zA-Z_:][\w:]{4,}/g) ?? []).sort((a, b) => b.length - a.length)[0] ??
  '';

const maxSuggestions = 12;

/** Those that begin with what is typed, then those that contain its words; the shortest first. */
export const filterSuggestions = (typed: string, all: readonly Suggestion[]): Suggestion[] => {
  const wanted = typed.toLowerCase();
  const parts = wanted.split(/[_:]+/).filter((part) => part !== '');
  const rank = ({ text }: Suggestion): number => {
    const name = text.toLowerCase();
    if (name.startsWith(wanted)) return 0;
    return parts.every((part) => name.includes(part)) ? 1 : 2;
  };
  return all
    .map((suggestion) => ({ suggestion, rank: rank(suggestion) }))
    .filter((ranked) => ranked.rank < 2 && ranked.suggestion.text !== typed)
    .sort((a, b) => a.rank - b.rank || a.suggestion.text.length - b.suggestion.text.length)
    .slice(0, maxSuggestions)
    .map(({ suggestion }) => suggestion);
};

/** The text with a suggestion in the place of what was typed, and where the caret is then. */
export const applySuggestion = (
  text: string,
  { from, to, wants }: Completion,
  suggestion: Suggestion,
): { readonly text: string; readonly caret: number } => {
  const rest = text.slice(to);
  const isCall = wants.kind === 'name' && suggestion.detail.startsWith('function') && !rest.startsWith('(');
  const closes = wants.kind === 'value' && !rest.startsWith('"') ? '"' : '';
  const opens = wants.kind === 'label' && text.slice(0, from).includes('{') && !/^\s*[=!]/.test(rest) ? '="' : '';
  const inserted = suggestion.text + (isCall ? '(' : opens + closes);
  return { text: text.slice(0, from) + inserted + rest, caret: from + inserted.length };
};
