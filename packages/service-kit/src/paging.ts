import { z } from 'zod';
import { kitErrors } from './errors.js';

/** The query parameters of every list; spread them into the query schema of the route. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('How many items at most.'),
  cursor: z.string().min(1).max(512).optional().describe('`next` of the page before.'),
};

/** Makes the opaque cursor of a page from what the store needs to go on after it. */
export const encodeCursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * Reads a cursor back. It comes from outside: the caller of this function checks the shape of the value.
 * @throws kitErrors.invalidRequest if it was not made by encodeCursor
 */
export const decodeCursor = (text: string): unknown => {
  if (/^[A-Za-z0-9_-]+$/.test(text)) {
    try {
      return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    } catch {
      // Answered below, like everything else that is no cursor.
    }
  }
  throw kitErrors.invalidRequest({ errors: [{ path: 'query.cursor', problem: 'is not a cursor of this list' }] });
};
