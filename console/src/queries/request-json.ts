import { type Backend, BackendError } from './backend-error.js';

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Default 10,000. */
  readonly timeoutMs?: number;
}

/**
 * Asks a backend and reads its JSON; with a body it is a POST. Every failure is a BackendError with the reason that
 * the backend gave, but for an abort by the caller, which stays what it is.
 */
export const requestJson = async (
  backend: Backend,
  url: string,
  { signal, timeoutMs = 10_000, body }: RequestOptions & { readonly body?: unknown } = {},
): Promise<unknown> => {
  const timeout = AbortSignal.timeout(timeoutMs);
  const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  try {
    const response = await fetch(url, {
      headers,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    const answer = readJson(await response.text());
    if (response.ok && answer !== undefined) return answer;
    throw new BackendError(
      backend,
      reasonOf(answer) ?? `it answered ${response.status}`,
      response.ok ? 502 : response.status,
    );
  } catch (error) {
    if (error instanceof BackendError || signal?.aborted === true) throw error;
    throw new BackendError(
      backend,
      timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : 'it cannot be reached',
    );
  }
};

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Of what only shows on the data Elasticsearch itself says no more than that all shards failed; the cause is below. */
interface ElasticError {
  readonly reason?: unknown;
  readonly root_cause?: readonly { readonly reason?: unknown }[];
}

/** Each backend has its own form of errors, and so has the proxy before them (problem+json). */
const reasonOf = (answer: unknown): string | undefined => {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { error, errors, detail, title } = answer as Readonly<Record<string, unknown>>;
  const { reason, root_cause: causes = [] } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as ElasticError;
  const elastic = typeof error === 'string' ? error : (causes[0]?.reason ?? reason);
  const jaeger = Array.isArray(errors) ? (errors[0] as { readonly msg?: unknown } | undefined)?.msg : undefined;
  return [elastic, jaeger, detail, title].find((reason): reason is string => typeof reason === 'string');
};
