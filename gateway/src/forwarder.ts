import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { errors } from './errors.js';
import { toReturnedHeaders } from './request-rules.js';

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

interface Exchange {
  readonly body: Buffer | undefined;
  readonly answered: (answer: IncomingMessage) => void;
  readonly failed: (error: Error) => void;
  upstream?: ClientRequest;
}

/**
 * Forwards to one upstream over kept-alive connections. http-proxy-middleware carries the request; the answer is
 * handled here, because a 502 may be repeated and what is returned is filtered.
 */
export const createForwarder = (target: string): Forwarder => {
  const agent = new Agent({ keepAlive: true, maxSockets, maxFreeSockets: 64 });
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const proxy = createProxyMiddleware<IncomingMessage, ServerResponse>({
    target,
    agent,
    changeOrigin: true,
    selfHandleResponse: true,
    // The library's own plugins log, and answer errors with a text of their own.
    ejectPlugins: true,
    plugins: [
      (server) => {
        server.on('proxyReq', (upstream, req) => begin(exchanges.get(req), upstream));
        server.on('proxyRes', (answer, req) => exchanges.get(req)?.answered(answer));
        server.on('error', (error, req) => exchanges.get(req as IncomingMessage)?.failed(error));
        server.on('econnreset', (error, req) => exchanges.get(req as IncomingMessage)?.failed(error));
      },
    ],
  });

  const send = async (options: ForwardOptions): Promise<UpstreamAnswer> => {
    const { req, res, headersTimeoutMs } = options;
    let timer: NodeJS.Timeout | undefined;
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const exchange: Exchange = { body: options.body, answered: resolve, failed: reject };
        exchanges.set(req, exchange);
        timer = setTimeout(() => {
          reject(errors.upstreamTimeout());
          exchange.upstream?.destroy();
        }, headersTimeoutMs);
        req.url = options.url;
        req.headers = options.headers as IncomingMessage['headers'];
        void proxy(req, res, (error?: unknown) => {
          if (error instanceof Error) reject(error);
        });
      });
      return toAnswer(answer, res);
    } catch (error) {
      throw error instanceof Error && 'kind' in error ? error : errors.badGateway({ cause: error });
    } finally {
      clearTimeout(timer);
    }
  };

  return { send, close: () => agent.destroy() };
};

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

const toAnswer = (answer: IncomingMessage, res: ServerResponse): UpstreamAnswer => ({
  status: answer.statusCode ?? 502,
  deliver: () => (isSmall(answer) ? deliverWhole(answer, res) : deliverInParts(answer, res)),
  discard: () => void answer.resume(),
});

/** Read whole before it is passed on, so that it goes out in one write. */
const smallBytes = 64 * 1024;

const isSmall = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? Number.NaN) <= smallBytes;

const writeHead = (answer: IncomingMessage, res: ServerResponse): void => {
  for (const [name, value] of toReturnedHeaders(answer.headers)) res.setHeader(name, value);
  res.statusCode = answer.statusCode ?? 502;
};

const deliverWhole = (answer: IncomingMessage, res: ServerResponse): Promise<void> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => answer.destroy(), totalTimeoutMs);
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.once('end', () => {
      writeHead(answer, res);
      // As latin1 text, byte for byte the same, head and body are one write to the socket instead of two.
      res.end(Buffer.concat(chunks).toString('latin1'), 'latin1');
      resolve();
    });
    answer.once('close', () => {
      clearTimeout(timer);
      if (!answer.complete) reject(errors.badGateway());
    });
  });

const deliverInParts = async (answer: IncomingMessage, res: ServerResponse): Promise<void> => {
  writeHead(answer, res);
  const timer = setTimeout(() => res.destroy(), totalTimeoutMs);
  answer.pipe(res);
  try {
    await finished(res);
  } catch (error) {
    res.destroy();
    throw errors.badGateway({ cause: error });
  } finally {
    clearTimeout(timer);
  }
};
