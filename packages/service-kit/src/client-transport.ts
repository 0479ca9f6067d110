import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { DownstreamError, type DownstreamFailure } from './client-error.js';

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
    throw new DownstreamError({ peer, ...(abort.signal.aborted ? timedOut(request) : describeFailure(error)) });
  } finally {
    clearTimeout(timer);
  }
};

type Failure = Pick<DownstreamFailure, 'reason' | 'outcome' | 'note'>;

const timedOut = ({ timeoutMs }: TransportRequest): Failure => ({
  reason: 'timeout',
  outcome: 'unknown',
  note: `after ${Math.round(timeoutMs)} ms`,
});

const describeFailure = (error: unknown): Failure => {
  const { code = 'UNKNOWN', message = '' } = axios.isAxiosError(error) ? error : {};
  if (notSentCodes.has(code)) return { reason: 'refused', outcome: 'not_sent', note: code };
  // axios has one code for an answer that is too long and for a connection that ends within the body.
  const isTooLong = code === 'ERR_BAD_RESPONSE' && message.startsWith('maxContentLength');
  if (isTooLong || code.startsWith('HPE_')) return { reason: 'bad_answer', outcome: 'unknown', note: code };
  return { reason: 'refused', outcome: 'unknown', note: code };
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
