import type { Request } from 'express';
import { parameter, parameters } from '../http.js';
import { PromqlError, parsePromql } from '../promql/index.js';
import { parseDuration } from '../promql/literals.js';
import type { Matcher } from '../store/metrics-labels.js';

/** Of the form or else of the URL; empty if it is not there. */
export const argument = (req: Request, name: string): string =>
  parameter(req.body ?? {}, name) ?? parameter(req.query, name) ?? '';

export const refuse = (name: string, cause: string): never => {
  throw new PromqlError('bad_data', `invalid parameter "${name}": ${cause}`);
};

/** RFC 3339 or epoch seconds, as epoch milliseconds. Without a fallback it must be there. */
export const timeArgument = (req: Request, name: string, fallback = Number.NaN): number => {
  const text = argument(req, name);
  const isDate = /^\d{4}-\d\d-\d\dT[\d:]{8}(\.\d+)?(Z|[-+]\d\d:\d\d)$/.test(text);
  const time = text === '' ? fallback : isDate ? Date.parse(text) : Math.round(Number(text) * 1_000);
  return Number.isNaN(time) || (text !== '' && !Number.isFinite(time))
    ? refuse(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`)
    : time;
};

/** `15s` or seconds, as milliseconds; at least one. */
export const durationArgument = (req: Request, name: string): number => {
  const text = argument(req, name);
  const duration = text === '' || Number.isNaN(Number(text)) ? parseDuration(text) : Math.trunc(Number(text) * 1_000);
  return duration >= 1 ? duration : refuse(name, 'zero or negative durations are not accepted');
};

/** The plain selectors of `match[]`. */
export const matchArguments = (req: Request): Matcher[][] =>
  [...parameters(req.body ?? {}, 'match[]'), ...parameters(req.query, 'match[]')].map((text) => {
    const selector = parsePromql(text);
    const isPlain = selector.kind === 'selector' && selector.type === 'vector';
    return isPlain && selector.offset === 0 ? selector.matchers : refuse('match[]', 'it is not a plain selector');
  });
