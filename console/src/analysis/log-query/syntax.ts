/**
 * What a query line means. `and` and `or` have at least two parts, and no part of their own kind; a part of `not` is
 * never an `and` or `or` of one.
 */
export type LogQuery =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly LogQuery[] }
  | { readonly kind: 'not'; readonly part: LogQuery }
  /** The field has this value; a text has these words, one after the other. */
  | { readonly kind: 'is'; readonly field: string; readonly value: string }
  | { readonly kind: 'prefix'; readonly field: string; readonly value: string }
  | { readonly kind: 'exists'; readonly field: string }
  | { readonly kind: 'range'; readonly field: string; readonly from?: Bound; readonly to?: Bound }
  /** Free text: any field has it. */
  | { readonly kind: 'text'; readonly text: string; readonly isPrefix: boolean };

export interface Bound {
  readonly value: string;
  readonly isIncluded: boolean;
}

/** A query line that cannot be read. */
export class LogQueryError extends Error {
  /** Where, from 1: the character that should be another. */
  readonly column: number;

  constructor(message: string, column: number) {
    super(message);
    this.column = column;
  }
}

/** `AND` and `OR` of parts: parts of the same kind are taken apart, and a single one stands for itself. */
export const combine = (kind: 'and' | 'or', parts: readonly LogQuery[]): LogQuery => {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind, parts: flat };
};
