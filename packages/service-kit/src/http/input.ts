import { z } from 'zod';
import { type FieldProblem, kitErrors } from '../errors.js';
import type { RawInput, RouteOptions } from './routes.js';

interface Parsed<P, Q, H, B> {
  params: P;
  query: Q;
  headers: H;
  body: B;
}

/** A route without a schema takes nothing there: a parameter that nobody reads is a mistake of the caller. */
const nothing = z.strictObject({});

/**
 * Validates all parts of a request at once, so that the caller learns of every problem in one answer.
 * @throws kitErrors.invalidRequest with path and problem of each field, never its value
 */
export const parseInput = <P, Q, H, B>(schemas: RouteOptions<P, Q, H, B>, raw: RawInput): Parsed<P, Q, H, B> => {
  const problems: FieldProblem[] = [];
  const parse = (part: string, schema: z.ZodType | undefined, value: unknown): unknown => {
    if (schema === undefined) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    problems.push(...toFieldProblems(part, result.error.issues));
    return undefined;
  };
  const parsed = {
    params: parse('params', schemas.params, raw.params),
    query: parse('query', schemas.query ?? nothing, raw.query),
    headers: parse('headers', schemas.headers, raw.headers),
    body: parse('body', schemas.body, raw.body),
  };
  if (problems.length > 0) throw kitErrors.invalidRequest({ errors: problems });
  return parsed as Parsed<P, Q, H, B>;
};

/** No more problems than a person reads; a hostile body could have thousands. */
const maxProblems = 20;

/** What is wrong with each field, by path; a refused value is never repeated, and the name of an unknown field only in part. */
export const toFieldProblems = (part: string, issues: readonly z.core.$ZodIssue[]): FieldProblem[] =>
  issues
    .flatMap((issue): FieldProblem[] =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ path: toPath(part, [...issue.path, key]), problem: 'is not known' }))
        : [{ path: toPath(part, issue.path), problem: issue.message }],
    )
    .slice(0, maxProblems);

const toPath = (part: string, path: readonly PropertyKey[]): string =>
  [part, ...path.map((key) => String(key).slice(0, 64))].join('.');
