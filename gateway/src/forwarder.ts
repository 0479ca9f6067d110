import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Stream } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { errors } from './errors.js';
import { copyHead } from './request-rules.js';

export interface ForwardOptions {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Path and query for the upstream. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A body that was read already; otherwise the request's own stream is piped. */
  readonly body: Buffer | undefined;
  readonly headersTimeoutMs: number;
}

/** The upstream's answer, its body not yet read. */
export interface UpstreamAnswer {
  readonly status: number;
  /** Copies the answer to the caller. A body that breaks off ends the caller's connection, never a truncated 200. */
  deliver(): Promise<void>;
  /** Reads the answer to its end and forgets it, so that its connection can be used again. */
  discard(): void;
}

export interface Forwarder {
  /** Sends the request upstream. @throws errors.badGateway, errors.upstreamTimeout */
  send(options: ForwardOptions): Promise<UpstreamAnswer>;
  close(): void;
}

const connectTimeoutMs = 500;
const totalTimeoutMs = 5_000;
/** More than the bulkhead lets through, so that nobody waits in the agent's own queue, where no timer sees him. */
const maxSockets = 256;

/** What is known of a request while it is upstream. */
interface Exchange {
  readonly url: string;
  readonly body: Buffer | undefined;
  readonly answered: (answer: IncomingMessage) => void;
  readonly failed: (error: unknown) => void;
  upstream?: ClientRequest;
}

const key = Symbol('exchange');
type Carrier = IncomingMessage & { [key]?: Exchange };
const exchangeOf = (req: IncomingMessage): Exchange | undefined => (req as Carrier)[key];

/**
 * Forwards to one upstream over kept-alive connections. http-proxy-middleware carries the request; the answer is
 * handled here, because a 502 may be repeated and what is returned is filtered.
 */
export const createForwarder = (address: string): Forwarder => {
  // As a text it would be parsed again for every request.
  const target = new URL(address);
  const agent = new Agent({ keepAlive: true, maxSockets, maxFreeSockets: 64 });
  const createProxy = (options: { buffer?: Stream }) =>
    createProxyMiddleware<IncomingMessage, ServerResponse>({
      ...options,
      target,
      agent,
      changeOrigin: true,
      selfHandleResponse: true,
      // The route table has decided already.
      pathFilter: () => true,
      // The library's own plugins log, and answer errors with a text of their own.
      ejectPlugins: true,
      plugins: [
        (server) => {
          server.on('start', (req) => {
            req.url = exchangeOf(req)?.url;
          });
          server.on('proxyReq', (upstream, req) => begin(exchangeOf(req), upstream));
          server.on('proxyRes', (answer, req) => exchangeOf(req)?.answered(answer));
          server.on('error', (error, req) => exchangeOf(req as IncomingMessage)?.failed(error));
          server.on('econnreset', (error, req) => exchangeOf(req as IncomingMessage)?.failed(error));
        },
      ],
    });
  const proxy = createProxy({});
  const proxyWithoutBody = createProxy({ buffer: noBody as unknown as Stream });

  const send = ({ req, res, url, headers, body, headersTimeoutMs }: ForwardOptions): Promise<UpstreamAnswer> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        exchange.failed(errors.upstreamTimeout());
        exchange.upstream?.destroy();
      }, headersTimeoutMs);
      const exchange: Exchange = {
        url,
        body,
        answered: (answer) => resolve(toAnswer(answer, res, timer)),
        failed: (error) => {
          clearTimeout(timer);
          reject(isOwn(error) ? error : errors.badGateway({ cause: error }));
        },
      };
      (req as Carrier)[key] = exchange;
      // Until the library asks for it: from a path it would first make a URL, to compare it with its filter.
      req.url = '';
      req.headers = headers as IncomingMessage['headers'];
      const carry = hasBody(req) ? proxy : proxyWithoutBody;
      void carry(req, res, (error?: unknown) => {
        if (error instanceof Error) exchange.failed(error);
      });
    });

  return { send, close: () => agent.destroy() };
};

const isOwn = (error: unknown): boolean => error instanceof Error && 'kind' in error;

/** Stands for the body of a request that has none: nothing is piped, head and end go out in one write. */
const noBody = {
  pipe: (upstream: ClientRequest): ClientRequest => {
    upstream.end();
    return upstream;
  },
};

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

/** Runs when the request has its socket. */
const begin = (exchange: Exchange | undefined, upstream: ClientRequest): void => {
  if (exchange === undefined) return;
  exchange.upstream = upstream;
  if (exchange.body !== undefined) upstream.write(exchange.body);
  const { socket } = upstream;
  if (socket?.connecting !== true) return;
  const timer = setTimeout(() => {
    exchange.failed(errors.badGateway({ detail: 'No connection could be made in time.' }));
    upstream.destroy();
  }, connectTimeoutMs);
  socket.once('connect', () => clearTimeout(timer));
  socket.once('close', () => clearTimeout(timer));
};

/** `timer` destroys the upstream's request; it goes on until the answer is read. */
const toAnswer = (answer: IncomingMessage, res: ServerResponse, timer: NodeJS.Timeout): UpstreamAnswer => {
  answer.once('close', () => clearTimeout(timer));
  return {
    status: answer.statusCode ?? 502,
    deliver: () => (isSmall(answer) ? deliverWhole(answer, res, timer) : deliverInParts(answer, res, timer)),
    discard: () => void answer.resume(),
  };
};

/** Read whole before it is passed on, so that it goes out in one write. */
const smallBytes = 64 * 1024;

const isSmall = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? Number.NaN) <= smallBytes;

/** The rest of a small answer may take as long again as its head. */
const deliverWhole = (answer: IncomingMessage, res: ServerResponse, timer: NodeJS.Timeout): Promise<void> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    timer.refresh();
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.once('end', () => {
      copyHead(answer, res);
      // As latin1 text, byte for byte the same, head and body are one write to the socket instead of two.
      res.end(Buffer.concat(chunks).toString('latin1'), 'latin1');
      resolve();
    });
    answer.once('close', () => {
      if (!answer.complete) reject(errors.badGateway());
    });
  });

const deliverInParts = async (answer: IncomingMessage, res: ServerResponse, timer: NodeJS.Timeout): Promise<void> => {
  clearTimeout(timer);
  const end = setTimeout(() => res.destroy(), totalTimeoutMs);
  copyHead(answer, res);
  answer.pipe(res);
  try {
    await finished(res);
  } catch (error) {
    res.destroy();
    throw errors.badGateway({ cause: error });
  } finally {
    clearTimeout(end);
  }
};
