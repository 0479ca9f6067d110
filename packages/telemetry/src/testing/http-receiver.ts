import { createServer } from 'node:http';
import { joinBytes } from '../byte-writer.js';

interface ReceivedPost {
  path: string;
  contentType: string;
  body: Buffer;
}

export interface HttpReceiver {
  readonly url: string;
  readonly port: number;
  readonly posts: ReceivedPost[];
  /** Requests that arrived, answered or not. */
  attempts(): number;
  openConnections(): Promise<number>;
  /** A status, or no answer at all. */
  behave(decide: (attempt: number) => number | 'hang'): void;
  stop(): Promise<void>;
}

/** A tracing backend's HTTP door on a real socket; a post counts as received if it was answered with 202. */
export const startHttpReceiver = async (port = 0): Promise<HttpReceiver> => {
  const posts: ReceivedPost[] = [];
  let decide: (attempt: number) => number | 'hang' = () => 202;
  let attempts = 0;

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const status = decide(attempts++);
      if (status === 'hang') return;
      if (status === 202) {
        const { url = '', headers } = request;
        posts.push({ path: url, contentType: headers['content-type'] ?? '', body: joinBytes(parts) });
      }
      response.writeHead(status).end('answer');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: actualPort } = server.address() as { port: number };

  return {
    url: `http://127.0.0.1:${actualPort}`,
    port: actualPort,
    posts,
    attempts: () => attempts,
    openConnections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    behave: (next) => {
      attempts = 0;
      decide = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
