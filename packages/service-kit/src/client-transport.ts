import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { DownstreamError } from './client-error.js';

export interface TransportRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  /** JSON text. */
  body: string | undefined;
  /** For everything: waiting for a connection, the answer's head and the last byte of its body. */
  timeoutMs: number;
}

export interface TransportAnswer {
  status: number;
  headers: Record<string, string>;
  /** Parsed JSON, text, bytes, or undefined if there is none; by the answer's content type. */
  body: unknown;
}

export interface Transport {
  send(request: TransportRequest): Promise<TransportAnswer>;
  close(): void;
}

/** No internal answer comes near it; a peer gone wrong must not fill this process's memory. */
const maxAnswerBytes = 2 ** 20;

/** Shorter than the 65 s after which our servers close an idle connection, so that no request is sent into a closing one. */
const idleConnectionMs = 30_000;

/** The errors of a connection that never came about. Every other one leaves open what the peer has done. */
const notSentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENFILE',
]);

const codeOf = (error: unknown): string => {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'UNKNOWN';
};

/** Sends one request over kept-alive connections of its own; every failure becomes a DownstreamError. */
export const createTransport = (peer: string, maxSockets: number): Transport => {
  const options = { keepAlive: true, maxSockets, timeout: idleConnectionMs };
  const httpAgent = new HttpAgent(options);
  const httpsAgent = new HttpsAgent(options);
  const client = axios.create({
    adapter: 'http',
    httpAgent,
    httpsAgent,
    // Neither HTTP_PROXY nor a Location header may send a request, with its keys, to another place.
    proxy: false,
    maxRedirects: 0,
    maxContentLength: maxAnswerBytes,
    maxBodyLength: maxAnswerBytes,
    decompress: false,
    responseType: 'arraybuffer',
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true,
    headers: { common: { accept: 'application/json', 'accept-encoding': 'identity' } },
  });
  return {
    send: (request) => sendOnce(client, peer, request),
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
};

const sendOnce = async (client: AxiosInstance, peer: string, request: TransportRequest): Promise<TransportAnswer> => {
  // axios's own timeout does not cover a body that stalls.
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), request.timeoutMs);
  try {
    const { method, url, headers, body } = request;
    const answer = await client.request<Buffer>({ method, url, headers, data: body, signal: abort.signal });
    return { status: answer.status, headers: toPlainHeaders(answer), body: parseBody(peer, answer) };
  } catch (error) {
    if (error instanceof DownstreamError) throw error;
    // The error itself ends here: it holds the request's headers.
    throw toDownstreamError(peer, codeOf(error), abort.signal.aborted ? request.timeoutMs : undefined);
  } finally {
    clearTimeout(timer);
  }
};

const toDownstreamError = (peer: string, code: string, timedOutAfterMs: number | undefined): DownstreamError => {
  if (timedOutAfterMs !== undefined) {
    return new DownstreamError({ peer, reason: 'timeout', outcome: 'unknown', note: `after ${timedOutAfterMs} ms` });
  }
  if (notSentCodes.has(code)) return new DownstreamError({ peer, reason: 'refused', outcome: 'not_sent', note: code });
  const isMalformed = code.startsWith('HPE_') || code === 'ERR_BAD_RESPONSE' || code === 'UNKNOWN';
  return new DownstreamError({ peer, reason: isMalformed ? 'bad_answer' : 'refused', outcome: 'unknown', note: code });
};

const toPlainHeaders = ({ headers }: AxiosResponse): Record<string, string> => {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && value !== null) plain[name] = String(value);
  }
  return plain;
};

const parseBody = (peer: string, { data, headers }: AxiosResponse<Buffer>): unknown => {
  if (data.length === 0) return undefined;
  const type = String(headers['content-type'] ?? '');
  if (/^[^;]*[/+]json\b/i.test(type)) {
    try {
      return JSON.parse(data.toString()) as unknown;
    } catch {
      // Not the parser's own message: it quotes the body.
      throw new DownstreamError({ peer, reason: 'bad_answer', outcome: 'unknown', note: 'malformed JSON' });
    }
  }
  return type.startsWith('text/') ? data.toString() : data;
};
