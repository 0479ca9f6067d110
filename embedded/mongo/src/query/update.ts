import { Int32, Timestamp } from 'bson';
import { check } from '../bson/errors.js';
import { product, sum } from '../bson/numbers.js';
import { compareValues } from '../bson/order.js';
import { type Document, fieldOf, isDocument, isNumber, typeOf } from '../bson/values.js';
import { arrayOperators } from './array-operators.js';
import { setAt, unsetAt, valueAt } from './edit.js';
import { isOperators } from './matcher.js';
import { isArrayIndex, type Path, parsePath } from './paths.js';

export interface UpdateContext {
  now: Date;
  isInsert: boolean;
}

/** Changes the document in place; `_id` is guarded by the caller. */
export type Update = (document: Document, context: UpdateContext) => void;

/** The new value of a field, or undefined to leave it as it is. */
export type Change = (current: unknown, context: UpdateContext) => unknown;

interface Step {
  path: Path;
  text: string;
  apply: Update;
}

export const compileUpdate = (update: Document): Update => {
  const steps = Object.entries(update).flatMap(([operator, fields]) => compileOperator(operator, fields));
  steps.sort((left, right) => comparePaths(left.path, right.path));
  refuseConflicts(steps);
  return (document, context) => {
    for (const { apply } of steps) apply(document, context);
  };
};

const compileOperator = (operator: string, fields: unknown): Step[] => {
  const compile = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  const isKnown = compile !== undefined || operator === '$unset' || operator === '$rename';
  check(isKnown, 'FailedToParse', `Unknown modifier: ${operator}. Expected a valid update modifier`);
  check(
    isDocument(fields),
    'FailedToParse',
    `Modifiers operate on fields but we found type ${typeOf(fields)} instead.`,
  );
  return Object.entries(fields).flatMap(([text, operand]): Step[] => {
    const path = parseUpdatePath(text);
    if (operator === '$unset') return [{ path, text, apply: (document) => unsetAt(document, path) }];
    if (compile === undefined) return compileRename(path, text, operand);
    const change = compile(operand, text);
    const apply: Update = (document, context) => {
      const value = change(valueAt(document, path), context);
      if (value !== undefined) setAt(document, path, value);
    };
    return [{ path, text, apply }];
  });
};

const parseUpdatePath = (text: string): Path => {
  const path = parsePath(text);
  check(
    !path.includes(''),
    'EmptyFieldName',
    `The update path '${text}' contains an empty field name, which is not allowed.`,
  );
  const isPositional = path.slice(1).some((name) => /^\$(\[.*\])?$/.test(name));
  check(
    !isPositional,
    'BadValue',
    `positional paths such as '${text}' are not supported by the embedded document store`,
  );
  const dollar = path.find((name) => name.startsWith('$'));
  check(
    dollar === undefined,
    'DollarPrefixedFieldName',
    `The dollar ($) prefixed field '${dollar}' in '${text}' is not allowed.`,
  );
  return path;
};

const compileRename = (path: Path, text: string, operand: unknown): Step[] => {
  check(typeof operand === 'string', 'BadValue', `The 'to' field for $rename must be a string: ${text}`);
  const target = parseUpdatePath(operand);
  const move: Update = (document) => {
    const value = valueAt(document, path);
    if (value === undefined) return;
    const hasArray = [path, target].some((each) =>
      each.some((_, i) => Array.isArray(valueAt(document, each.slice(0, i)))),
    );
    check(!hasArray, 'BadValue', `The fields of $rename cannot be array elements, '${text}'`);
    unsetAt(document, path);
    setAt(document, target, value);
  };
  // The second step does nothing; it takes part in the search for conflicts.
  return [
    { path, text, apply: move },
    { path: target, text: operand, apply: () => undefined },
  ];
};

/** MongoDB applies, and so appends, in the order of the paths: numbers by value, names by letters. */
const comparePaths = (left: Path, right: Path): number => {
  for (const [i, name] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (name !== other)
      return isArrayIndex(name) && isArrayIndex(other) ? Number(name) - Number(other) : compareValues(name, other);
  }
  return -1;
};

const refuseConflicts = (steps: readonly Step[]): void => {
  for (const [i, { text }] of steps.entries()) {
    const other = steps.find((step, j) => j !== i && (step.text === text || step.text.startsWith(`${text}.`)));
    check(
      other === undefined,
      'ConflictingUpdateOperators',
      `Updating the path '${other?.text}' would create a conflict at '${text}'`,
    );
  }
};

const arithmetic =
  (name: '$inc' | '$mul') =>
  (operand: unknown, text: string): Change => {
    check(
      isNumber(operand),
      'TypeMismatch',
      `Cannot ${name === '$inc' ? 'increment' : 'multiply'} with non-numeric argument: {${text}: ${typeOf(operand)}}`,
    );
    return (current) => {
      if (current === undefined) return name === '$inc' ? operand : product(operand, new Int32(0));
      check(
        isNumber(current),
        'TypeMismatch',
        `Cannot apply ${name} to a value of non-numeric type: '${text}' is of type ${typeOf(current)}`,
      );
      return name === '$inc' ? sum(current, operand) : product(current, operand);
    };
  };

const extreme =
  (sign: 1 | -1) =>
  (operand: unknown): Change =>
  (current) =>
    current === undefined || compareValues(operand, current) * sign > 0 ? operand : undefined;

const currentDate = (operand: unknown): Change => {
  const type = isDocument(operand) ? fieldOf(operand, '$type') : typeof operand === 'boolean' && 'date';
  check(
    type === 'date' || type === 'timestamp',
    'BadValue',
    "$currentDate needs true, or a $type of 'date' or 'timestamp'",
  );
  return (_, { now }) => (type === 'date' ? now : new Timestamp({ t: Math.floor(now.getTime() / 1000), i: 1 }));
};

const operators: Readonly<Record<string, (operand: unknown, text: string) => Change>> = {
  $set: (operand) => () => operand,
  $setOnInsert:
    (operand) =>
    (_, { isInsert }) =>
      isInsert ? operand : undefined,
  $inc: arithmetic('$inc'),
  $mul: arithmetic('$mul'),
  $min: extreme(-1),
  $max: extreme(1),
  $currentDate: currentDate,
  ...arrayOperators,
};

/** The document an upsert starts from: what the filter says a field must equal. */
export const seedFromFilter = (filter: Document): Document => {
  const seed: Document = {};
  const seen = new Set<string>();
  const visit = (clause: unknown): void => {
    for (const [name, condition] of Object.entries(isDocument(clause) ? clause : {})) {
      const clauses = Array.isArray(condition) ? condition : [];
      if (name === '$and' || (name === '$or' && clauses.length === 1)) clauses.forEach(visit);
      const value = name.startsWith('$') ? undefined : equalityOf(condition);
      if (value === undefined) continue;
      check(
        !seen.has(name),
        'NotSingleValueField',
        `cannot infer query fields to set, path '${name}' is matched twice`,
      );
      seen.add(name);
      setAt(seed, parsePath(name), value);
    }
  };
  visit(filter);
  return seed;
};

const equalityOf = (condition: unknown): unknown => {
  if (!isOperators(condition)) return typeOf(condition) === 'regex' ? undefined : condition;
  const single = fieldOf(condition, '$all') ?? fieldOf(condition, '$in');
  if (Array.isArray(single)) return single.length === 1 ? equalityOf(single[0]) : undefined;
  return fieldOf(condition, '$eq');
};
