import { Int32, Timestamp } from 'bson';
import { MongoError } from '../commands/errors.js';
import {
  asDocument,
  type Change,
  compileAddToSet,
  compilePop,
  compilePull,
  compilePullAll,
  compilePush,
} from './array-operators.js';
import { setAt, unsetAt, valueAt } from './edit.js';
import { calculate } from './numbers.js';
import { compareValues } from './order.js';
import { isArrayIndex, type Path, parsePath } from './paths.js';
import { isPositional, type Positions, resolvePositions } from './positions.js';
import { type Document, fieldOf, isDocument, isNumber, typeOf } from './values.js';

export interface UpdateContext extends Positions {
  now: Date;
  isInsert: boolean;
}

/** Changes the document in place; `_id` is guarded by the caller. */
export type Update = (document: Document, context: UpdateContext) => void;

/** True for `{ field: value }`, which replaces a document, false for `{ $set: ... }`. */
export const isReplacement = (update: Document): boolean => Object.keys(update)[0]?.startsWith('$') !== true;

interface Step {
  path: Path;
  text: string;
  apply: (document: Document, path: Path, context: UpdateContext) => void;
}

export const compileUpdate = (update: Document): Update => {
  const steps = Object.entries(update).flatMap(([operator, fields]) => compileOperator(operator, fields));
  steps.sort((left, right) => comparePaths(left.path, right.path));
  refuseConflicts(steps);
  return (document, context) => {
    for (const { path, apply } of steps) {
      for (const exact of resolvePositions(document, path, context)) apply(document, exact, context);
    }
  };
};

const compileOperator = (operator: string, fields: unknown): Step[] => {
  if (!Object.hasOwn(operators, operator) && operator !== '$unset' && operator !== '$rename') {
    throw new MongoError(
      'FailedToParse',
      `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
    );
  }
  if (!isDocument(fields)) {
    throw new MongoError(
      'FailedToParse',
      `Modifiers operate on fields but we found type ${typeOf(fields)} instead. For example: {$mod: {<field>: ...}}`,
    );
  }
  return Object.entries(fields).flatMap(([text, operand]): Step[] => {
    const path = parseUpdatePath(text);
    if (operator === '$unset') return [{ path, text, apply: unsetAt }];
    if (operator === '$rename') return compileRename(path, text, operand);
    const compile = operators[operator] as (operand: unknown, text: string) => Operator;
    const change = compile(operand, text);
    const apply: Step['apply'] = (document, exact, context) => {
      const value = change(valueAt(document, exact), context);
      if (value !== undefined) setAt(document, exact, value);
    };
    return [{ path, text, apply }];
  });
};

const parseUpdatePath = (text: string): Path => {
  const path = parsePath(text);
  if (path.includes(''))
    throw new MongoError(
      'EmptyFieldName',
      `The update path '${text}' contains an empty field name, which is not allowed.`,
    );
  const dollar = path.find((name, i) => name.startsWith('$') && !(i > 0 && isPositional(name)));
  if (dollar !== undefined)
    throw new MongoError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${dollar}' in '${text}' is not valid for storage.`,
    );
  return path;
};

const compileRename = (path: Path, text: string, operand: unknown): Step[] => {
  if (typeof operand !== 'string')
    throw new MongoError('BadValue', `The 'to' field for $rename must be a string: ${text}`);
  const target = parseUpdatePath(operand);
  if ([...path, ...target].some(isPositional))
    throw new MongoError('BadValue', 'The fields of $rename may not be dynamic');
  const move: Step['apply'] = (document) => {
    const value = valueAt(document, path);
    if (value === undefined) return;
    for (const [name, each] of [
      ['source', path],
      ['destination', target],
    ] as const) {
      const hasArray = each.some((_, i) => Array.isArray(valueAt(document, each.slice(0, i))));
      if (hasArray)
        throw new MongoError('BadValue', `The ${name} field of $rename cannot be an array element, '${text}'`);
    }
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
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const [a, b] = [left[i] as string, right[i] as string];
    if (a !== b) return isArrayIndex(a) && isArrayIndex(b) ? Number(a) - Number(b) : compareValues(a, b);
  }
  return left.length - right.length;
};

const refuseConflicts = (steps: readonly Step[]): void => {
  for (const [i, { text }] of steps.entries()) {
    const other = steps.find((step, j) => j !== i && (step.text === text || step.text.startsWith(`${text}.`)));
    if (other === undefined) continue;
    throw new MongoError(
      'ConflictingUpdateOperators',
      `Updating the path '${other.text}' would create a conflict at '${text}'`,
    );
  }
};

type Operator = (current: unknown, context: UpdateContext) => unknown;

const arithmetic =
  (name: '$inc' | '$mul') =>
  (operand: unknown, text: string): Operator => {
    if (!isNumber(operand)) {
      throw new MongoError(
        'TypeMismatch',
        `Cannot ${name === '$inc' ? 'increment' : 'multiply'} with non-numeric argument: {${text}: ${typeOf(operand)}}`,
      );
    }
    return (current) => {
      if (current === undefined) return name === '$inc' ? operand : calculate('multiply', operand, new Int32(0));
      if (!isNumber(current)) {
        throw new MongoError(
          'TypeMismatch',
          `Cannot apply ${name} to a value of non-numeric type. The document has the field '${text.split('.').at(-1)}' of non-numeric type ${typeOf(current)}`,
        );
      }
      return calculate(name === '$inc' ? 'add' : 'multiply', current, operand);
    };
  };

const extreme =
  (sign: 1 | -1) =>
  (operand: unknown): Operator =>
  (current) =>
    current === undefined || compareValues(operand, current) * sign > 0 ? operand : undefined;

const currentDate = (operand: unknown): Operator => {
  const type = isDocument(operand)
    ? fieldOf(operand, '$type')
    : operand === true || operand === false
      ? 'date'
      : undefined;
  if (type === 'date') return (_, { now }) => now;
  if (type !== 'timestamp')
    throw new MongoError('BadValue', "The '$type' string field is required to be 'date' or 'timestamp'");
  return (_, { now }) => new Timestamp({ t: Math.floor(now.getTime() / 1000), i: 1 });
};

const onArray =
  (compile: (operand: unknown) => Change) =>
  (operand: unknown): Operator => {
    const change = compile(operand);
    return (current) => change(current);
  };

const operators: Readonly<Record<string, (operand: unknown, text: string) => Operator>> = {
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
  $push: onArray(compilePush),
  $addToSet: onArray(compileAddToSet),
  $pull: onArray(compilePull),
  $pullAll: onArray(compilePullAll),
  $pop: onArray(compilePop),
};

/** The document an upsert starts from: what the filter says a field must equal. */
export const seedFromFilter = (filter: Document): Document => {
  const seed: Document = {};
  const seen = new Set<string>();
  const visit = (clause: Document): void => {
    for (const [name, condition] of Object.entries(clause)) {
      if (name === '$and' && Array.isArray(condition)) for (const each of condition) visit(asDocument(each, '$and'));
      if (name === '$or' && Array.isArray(condition) && condition.length === 1) visit(asDocument(condition[0], '$or'));
      if (name.startsWith('$')) continue;
      const value = equalityOf(condition);
      if (value === undefined) continue;
      if (seen.has(name))
        throw new MongoError(
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
  if (typeOf(condition) === 'regex') return undefined;
  if (!isDocument(condition) || Object.keys(condition)[0]?.startsWith('$') !== true) return condition;
  const single = fieldOf(condition, '$all') ?? fieldOf(condition, '$in');
  if (Array.isArray(single)) return single.length === 1 ? equalityOf(single[0]) : undefined;
  return fieldOf(condition, '$eq');
};
