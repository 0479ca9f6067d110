/** MongoDB's own codes (src/mongo/base/error_codes.yml); every refusal carries one. */
const codes = {
  ...{ InternalError: 1, BadValue: 2, FailedToParse: 9, Unauthorized: 13, TypeMismatch: 14, Overflow: 15 },
  ...{ InvalidLength: 16, ProtocolError: 17, InvalidBSON: 22, NamespaceNotFound: 26, IndexNotFound: 27 },
  ...{ PathNotViable: 28, ConflictingUpdateOperators: 40, CursorNotFound: 43, NamespaceExists: 48 },
  ...{ MaxTimeMSExpired: 50, DollarPrefixedFieldName: 52, InvalidIdField: 53, EmptyFieldName: 56 },
  ...{ CommandNotFound: 59, ImmutableField: 66, CannotCreateIndex: 67, InvalidOptions: 72, InvalidNamespace: 73 },
  ...{ IndexOptionsConflict: 85, IndexKeySpecsConflict: 86, UnsatisfiableWriteConcern: 100 },
  ...{ InvalidPipelineOperator: 168, CannotIndexParallelArrays: 171, TransactionTooOld: 225 },
  ...{ OperationNotSupportedInTransaction: 263, QueryExceededMemoryLimitNoDiskUseAllowed: 292 },
  ...{ DuplicateKey: 11000, OutOfDiskSpace: 14031 },
} as const;

type NamedError = keyof typeof codes;
/** MongoDB calls a code without a name by its number. */
export type ErrorName = NamedError | `Location${number}`;

const isNamed = (name: ErrorName): name is NamedError => Object.hasOwn(codes, name);

export class MongoError extends Error {
  readonly code: number;
  /** `details` are further fields of the answer, such as keyPattern and keyValue of a duplicate key. */
  constructor(
    readonly codeName: ErrorName,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.code = isNamed(codeName) ? codes[codeName] : Number(codeName.slice('Location'.length));
  }
}

/** Refuses with MongoDB's code unless the condition holds. */
export function check(condition: unknown, codeName: ErrorName, message: string): asserts condition {
  if (condition === false || condition === undefined || condition === null) throw new MongoError(codeName, message);
}

export const toErrorReply = ({ message: errmsg, code, codeName, details }: MongoError): Record<string, unknown> => {
  return { ok: 0, errmsg, code, codeName, ...details };
};
