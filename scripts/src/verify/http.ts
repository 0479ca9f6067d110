export interface AskOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const timeoutMs = 15_000;

/** Asks a tool's HTTP API. @throws Error in words for the table: who did not answer, or with what status */
export const ask = async (url: string, { body, headers = {} }: AskOptions = {}): Promise<Response> => {
  const { host, pathname } = new URL(url);
  const response = await fetch(url, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { accept: '*/*', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((): never => {
    throw new Error(`nothing answers at ${host}; is its profile on?`);
  });
  if (response.ok) return response;
  const text = (await response.text()).replaceAll(/\s+/g, ' ').slice(0, 160);
  throw new Error(`${pathname} answered ${response.status}: ${text}`);
};

export const askJson = async <T>(url: string, options?: AskOptions): Promise<T> =>
  (await (await ask(url, options)).json()) as T;

export const askText = async (url: string, options?: AskOptions): Promise<string> => (await ask(url, options)).text();
