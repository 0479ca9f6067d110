import type { Case } from './case.js';

/** What each of two outcomes says that differ. Long lists of ids are told by what only one of them has. */
export const toDifference = ({ show }: Case, ours: string, theirs: string): [string, string] => {
  const [left, right] = [split(ours), split(theirs)];
  const isRefused = [ours, theirs].some((text) => text.startsWith('{code'));
  if (show !== 'ids' || isRefused) return [shorten(ours), shorten(theirs)];
  const [more, others] = [left.filter((id) => !right.includes(id)), right.filter((id) => !left.includes(id))];
  if (more.length + others.length === 0) return [ours, theirs];
  return [also(more), also(others)];
};

const split = (text: string): string[] => (text === '' ? [] : text.split('; '));
const also = (ids: readonly string[]): string => (ids.length === 0 ? '' : `also ${shorten(ids.join('; '))}`);
const shorten = (text: string): string => (text.length <= 400 ? text : `${text.slice(0, 397)}...`);
