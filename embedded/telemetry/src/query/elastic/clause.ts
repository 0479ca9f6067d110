import { narrow, type Segment } from '../../store/segment.js';
import type { Test } from './comparisons.js';

/** One byte per row of the segment: 1 where the query matches. The receiver owns it. */
export type Clause = (segment: Segment) => Uint8Array;

export const where =
  (field: string, test: Test): Clause =>
  (segment) =>
    segment.match(field, test);

/** Any of the fields that the segment has, each with a test of its own. */
export const anywhere =
  (testOf: (field: string) => Test, always: string): Clause =>
  (segment) => {
    const mask = new Uint8Array(segment.rows);
    for (const field of new Set([always, ...segment.fields])) segment.matchInto(mask, field, testOf(field));
    return mask;
  };

export const matchAll: Clause = (segment) => segment.all();

export interface Combination {
  required: readonly Clause[];
  optional: readonly Clause[];
  prohibited: readonly Clause[];
  /** How many of the optional ones must match. */
  minimum: number;
}

export const combine =
  ({ required, optional, prohibited, minimum }: Combination): Clause =>
  (segment) => {
    const mask = segment.all();
    for (const clause of required) narrow(mask, clause(segment));
    for (const clause of prohibited) {
      const other = clause(segment);
      for (let row = 0; row < mask.length; row++) if (other[row] === 1) mask[row] = 0;
    }
    if (minimum === 0) return mask;
    const counts = new Uint16Array(mask.length);
    for (const clause of optional) {
      const other = clause(segment);
      for (let row = 0; row < mask.length; row++) counts[row] = (counts[row] ?? 0) + (other[row] ?? 0);
    }
    for (let row = 0; row < mask.length; row++) if ((counts[row] ?? 0) < minimum) mask[row] = 0;
    return mask;
  };
