import type { Request } from 'express';
import { parameter, parameters } from '../http.js';
import { PromqlError, parsePromql } from '../promql/index.js';
import { parseDuration } from '../promql/literals.js';
import type { Matcher } from '../store/metrics-labels.js';

/** A parameter of the form or else of the URL. */
export const argument = (req: Request, name: string): string =>
  parameter(req.body ?? {}, name) ?? parameter(req.query, name) ?? '';

export const invalid = (name: string, cause: string): PromqlError =>
  new PromqlError('bad_data', `invalid parameter "${name}": ${cause}`);

/** RFC 3339 or epoch seconds, as epoch milliseconds. Without a fallback it must be there. */
export const timeArgument = (req: Request, name: string, fallback?: number): number => {
  const text = argument(req, name);
  if (text === '' && fallback !== undefined) return fallback;
  const isDate = /^\d{4}-\d\d-\d\dT[\d:]{8}(\.\d+)?(Z|[-+]\d\d:\d\d)$/.test(text);
  const time = isDate ? Date.parse(text) : Math.round(Number(text || Number.NaN) * 1_000);
  if (Number.isFinite(time)) return time;
  throw invalid(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
};

/** `15s` or seconds, as milliseconds. */
export const durationArgument = (req: Request, name: string): number => {
  const text = argument(req, name);
  try {
    const duration = /^[-+.\d]/.test(text) && !Number.isNaN(Number(text)) ? Number(text) * 1_000 : parseDuration(text);
    if (duration >= 1) return Math.trunc(duration);
  } catch {
    throw invalid(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
  }
  throw invalid(name, 'zero or negative query resolution step widths are not accepted. Try a positive integer');
};

/** The plain selectors of `match[]`. */
export const matchArguments = (req: Request): Matcher[][] => {
  const texts = [...parameters(req.body ?? {}, 'match[]'), ...parameters(req.query, 'match[]')];
  return texts.map((text) => {
    const selector = parsePromql(text);
    const isPlain = selector.kind === 'selector' && selector.type === 'vector' && selector.offset === 0;
    if (!isPlain || selector.at !== undefined) throw invalid('match[]', 'it is not a plain selector');
    return selector.matchers;
  });
};
