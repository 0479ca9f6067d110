import type { Segment } from '../../store/segment.js';
import type { Test } from './tests.js';

/** One byte per row of the segment: 1 where the query matches. The receiver owns it. */
export type Clause = (segment: Segment) => Uint8Array;

export const where =
  (field: string, test: Test): Clause =>
  (segment) =>
    segment.match(field, test);

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
    for (const clause of required) {
      const other = clause(segment);
      for (let row = 0; row < mask.length; row++) mask[row] = (mask[row] ?? 0) & (other[row] ?? 0);
    }
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
