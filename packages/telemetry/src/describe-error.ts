import { redact } from './redact.js';

/** What logs and spans may say about an error. Nothing else of it is read. */
export interface ErrorFacts {
  /** Stable and short: the error's own code, else its class. */
  code: string;
  /** An AppError's kind, else the class. */
  kind: string;
  message: string;
  /** Only for unexpected errors: with its causes. */
  stack?: string;
}

const MESSAGE_LENGTH = 500;
const STACK_LENGTH = 6_000;
const MAX_CAUSES = 3;
const identifier = /^[\w.:-]{1,64}$/;

// Reading a property of a foreign object may run its code, which may throw.
const read = (object: object, property: string): unknown => {
  try {
    return Reflect.get(object, property);
  } catch {
    return undefined;
  }
};

const readText = (object: object, property: string): string | undefined => {
  const value = read(object, property);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const readIdentifier = (object: object, property: string): string | undefined => {
  const value = read(object, property);
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && identifier.test(text) ? text : undefined;
};

const describeStack = (error: object): string | undefined => {
  const stacks: string[] = [];
  let current: unknown = error;
  while (typeof current === 'object' && current !== null && stacks.length <= MAX_CAUSES) {
    const stack = readText(current, 'stack');
    if (stack === undefined) break;
    stacks.push(stack);
    current = read(current, 'cause');
  }
  return stacks.length === 0 ? undefined : redact(stacks.join('\nCaused by: '), STACK_LENGTH);
};

/** True for an error that says of itself that it is part of normal work, as AppError does below status 500. */
export const isExpectedError = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && read(error, 'isExpected') === true;

export const describeError = (error: unknown): ErrorFacts => {
  if (typeof error !== 'object' || error === null) {
    const message = typeof error === 'string' ? redact(error, MESSAGE_LENGTH) : `A ${typeof error} was thrown.`;
    return { code: 'not_an_error', kind: typeof error, message };
  }
  const name = readIdentifier(error, 'name') ?? 'Error';
  const facts: ErrorFacts = {
    code: readIdentifier(error, 'code') ?? name,
    kind: readIdentifier(error, 'kind') ?? name,
    message: redact(readText(error, 'message') ?? '', MESSAGE_LENGTH),
  };
  const stack = isExpectedError(error) ? undefined : describeStack(error);
  if (stack !== undefined) facts.stack = stack;
  return facts;
};
