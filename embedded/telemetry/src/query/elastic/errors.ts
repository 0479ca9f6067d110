/** An answer in Elasticsearch's form of errors. */
export class ElasticError extends Error {
  constructor(
    readonly type: string,
    reason: string,
    readonly status = 400,
  ) {
    super(reason);
  }
}

export const parsingError = (reason: string): ElasticError => new ElasticError('parsing_exception', reason);
export const illegalArgument = (reason: string): ElasticError => new ElasticError('illegal_argument_exception', reason);
/** The query is in order, but not for this field. */
export const queryShardError = (reason: string): ElasticError => new ElasticError('query_shard_exception', reason);
/** What Elasticsearch can do and this backend cannot. */
export const unsupported = (what: string): ElasticError =>
  illegalArgument(`${what} is not supported by the embedded backend`);

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const asObject = (value: unknown, name: string): Json => {
  if (!isObject(value)) throw parsingError(`[${name}] malformed, expected an object`);
  return value;
};

/** Refuses, by name, each key that is not among the known ones. */
export const onlyKeys = (object: Json, name: string, known: readonly string[]): void => {
  const other = Object.keys(object).find((key) => !known.includes(key));
  if (other !== undefined) throw parsingError(`[${name}] does not support [${other}] in the embedded backend`);
};

export const asInteger = (value: unknown, name: string): number => {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0) {
    throw illegalArgument(`[${name}] must be a non-negative integer`);
  }
  return number;
};
