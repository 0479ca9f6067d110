import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

export interface Asked {
  readonly method?: string;
  /** Address of the door, `http://127.0.0.1:8083`. */
  readonly door: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as it is. */
  readonly text?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Undefined if the text is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a check reads whatever the service says
  readonly json: any;
}

const timeoutMs = 15_000;

/** One request on a connection of its own, with exactly these headers: fetch would forbid some and add others. */
export const ask = ({ method = 'GET', door, path, headers = {}, text, body }: Asked): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const { hostname, port } = new URL(door);
    const request = httpRequest(
      {
        host: hostname,
        port,
        method,
        path,
        agent: false,
        timeout: timeoutMs,
        headers: {
          ...(content === undefined ? {} : { 'content-length': String(Buffer.byteLength(content)) }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(headers as Record<string, string | string[]>),
        },
      },
      (response) => {
        const chunks: Uint8Array[] = [];
        response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: answer, json: parse(answer) });
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)));
    // After an early answer, such as 413, the rest of what was sent is nobody's concern; the first outcome counts.
    request.on('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`${method} ${path.slice(0, 60)}: ${error.code ?? error.message}`)),
    );
    request.end(content);
  });

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The ids of a caller's span that this command makes up. */
export interface CallerSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceparent: string;
}

export const newCallerSpan = (flags: '00' | '01' = '01'): CallerSpan => {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
};

export const traceIdOf = ({ headers }: Answered): string => String(headers.traceresponse ?? '').split('-')[1] ?? '';
