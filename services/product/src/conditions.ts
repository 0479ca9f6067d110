import { kitErrors } from '@glasshouse/service-kit';
import { errors } from './errors.js';

/** Which versions a guarded write accepts: 'any' for `*`, else one of these. */
export type VersionCondition = 'any' | readonly number[];

/** A strong entity tag (RFC 9110, 8.8.3): versions are never reused, so equal tags mean equal bytes. */
export const toEtag = (version: number): string => `"${version}"`;

/**
 * If-Match (RFC 9110, 13.1.1). Strong comparison: a weak tag matches nothing, and neither does a tag that this
 * service never gave out. Text that is no list of tags is refused, since a guarded write must not guess.
 */
export const parseIfMatch = (header: string | undefined): VersionCondition | undefined => {
  if (header === undefined) return undefined;
  const tags = parseTags(header);
  if (tags === undefined) throw kitErrors.invalidRequest({ detail: 'If-Match is not a list of entity tags.' });
  if (tags === 'any') return 'any';
  return tags.filter((tag) => !tag.isWeak && versionPattern.test(tag.opaque)).map((tag) => Number(tag.opaque));
};

/** @throws if_match_required (428, RFC 6585) where a write without a condition could overwrite someone's work. */
export const requireIfMatch = (header: string | undefined): VersionCondition => {
  const condition = parseIfMatch(header);
  if (condition === undefined) throw errors.ifMatchRequired();
  return condition;
};

/**
 * If-None-Match of a GET (RFC 9110, 13.1.2). Weak comparison: `W/"7"` and `"7"` are the same. A malformed header
 * is as if absent: the full answer is always right.
 */
export const isNotModified = (header: string | undefined, version: number): boolean => {
  const tags = header === undefined ? undefined : parseTags(header);
  if (tags === undefined) return false;
  return tags === 'any' || tags.some((tag) => `"${tag.opaque}"` === toEtag(version));
};

interface EntityTag {
  readonly isWeak: boolean;
  readonly opaque: string;
}

const versionPattern = /^[1-9]\d{0,14}$/;
const tagPattern = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;
// Empty list elements are allowed (RFC 9110, 5.6.1.2). Each round of the loop eats a quoted tag, so it is linear.
const listPattern = /^[\t ,]*(?:(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"[\t ]*(?:,[\t ,]*|$))+$/;

const parseTags = (header: string): 'any' | EntityTag[] | undefined => {
  if (header.trim() === '*') return 'any';
  if (!listPattern.test(header)) return undefined;
  return [...header.matchAll(tagPattern)].map(([, weak, opaque]) => ({
    isWeak: weak !== undefined,
    opaque: opaque ?? '',
  }));
};
