import { createServer, type RequestListener, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type AppError, kitErrors } from '../errors.js';

/** A port that cannot be listened on. */
class PortError extends Error {
  override readonly name = 'PortError';
}

export interface Listener {
  /** @throws PortError */
  listen(host: string): Promise<number>;
  /** Takes no more connections, waits for the requests on the open ones, and after `timeoutMs` cuts what is left. */
  drain(timeoutMs: number): Promise<void>;
}

export interface ListenerOptions {
  /** The variable that configures it, `PORT`. */
  variable: string;
  port: number;
  handler: RequestListener;
  /** Told of requests that are no HTTP, or whose headers are too large; no handler ever sees those. */
  onRefused: (error: AppError) => void;
}

const maxConnections = 2_000;
const idleCheckMs = 50;

/** An HTTP server with the limits that every port has. */
export const createListener = ({ variable, port, handler, onRefused }: ListenerOptions): Listener => {
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      requestTimeout: 10_000,
      // Longer than any client's, so that it is the client who ends an idle connection and no request meets a closed one.
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
    },
    handler,
  );
  server.headersTimeout = 5_000;
  // A client that has stopped reading would hold its place for ever. Longer than any request may take.
  server.timeout = 20_000;
  server.maxConnections = maxConnections;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket, onRefused));
  return {
    listen: (host) =>
      new Promise((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => reject(toPortError(error, variable, port, host)));
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
      }),
    drain: (timeoutMs) =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
        const cut = setTimeout(() => server.closeAllConnections(), timeoutMs);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(cut);
          resolve();
        });
      }),
  };
};

const toPortError = (error: NodeJS.ErrnoException, variable: string, port: number, host: string): PortError => {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process listens there',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address (see HOST)',
  };
  const reason = reasons[error.code ?? ''] ?? error.code ?? error.message;
  return new PortError(`cannot listen on ${host}:${port}: ${reason}. Set ${variable} to another port.`, {
    cause: error,
  });
};

/** What is not even a request gets a short answer by hand, if nothing was sent on that connection before. */
const refuse = (error: NodeJS.ErrnoException, socket: Socket, onRefused: (error: AppError) => void): void => {
  if (!socket.writable || socket.bytesWritten > 0 || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  const refusal = error.code === 'HPE_HEADER_OVERFLOW' ? kitErrors.headersTooLarge() : kitErrors.invalidRequest();
  onRefused(refusal);
  const { status, code, message } = refusal;
  const body = JSON.stringify({ title: message, status, code });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/problem+json',
    `content-length: ${body.length}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
};
