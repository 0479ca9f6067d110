import { createServer } from 'node:http';
import express from 'express';
import { listen } from './listen.js';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface FakeAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Never answers: the caller's timeout decides. */
  hang?: boolean;
  /** Closes the connection without an answer, after the handler has done its work: an answer lost on its way. */
  close?: boolean;
}

export type FakeHandler = (request: RecordedRequest) => FakeAnswer | Promise<FakeAnswer>;

export interface FakeService {
  readonly url: string;
  /** Every request that arrived, oldest first, also those that no handler took. */
  readonly requests: RecordedRequest[];
  /** The handler set last for a method and path wins, so a test can change an answer half-way. */
  on(method: string, path: string, handler: FakeHandler): void;
  stop(): Promise<void>;
}

/** A downstream service as a real HTTP server, so that sockets, timeouts and lost answers are real ones. */
export const startFakeService = async (): Promise<FakeService> => {
  const requests: RecordedRequest[] = [];
  const handlers = new Map<string, FakeHandler>();
  const app = express();
  app.use(express.json({ limit: '1mb', strict: false }));
  app.use((req, _res, next) => {
    requests.push({
      method: req.method,
      path: req.path,
      params: {},
      query: req.query,
      headers: req.headers,
      body: req.body as unknown,
    });
    next();
  });
  const server = createServer(app);
  const { url, close } = await listen(server);
  return {
    url,
    requests,
    on(method, path, handler) {
      const key = `${method.toUpperCase()} ${path}`;
      const isNew = !handlers.has(key);
      handlers.set(key, handler);
      if (!isNew) return;
      app.all(path, async (req, res, next) => {
        const current = handlers.get(key);
        if (req.method !== method.toUpperCase() || current === undefined) return next();
        const answer = await current({
          method: req.method,
          path: req.path,
          params: req.params as Record<string, string>,
          query: req.query,
          headers: req.headers,
          body: req.body as unknown,
        });
        if (answer.hang === true) return;
        if (answer.close === true) return req.socket.destroy();
        res.status(answer.status).set(answer.headers ?? {});
        if (answer.body === undefined) res.end();
        else res.json(answer.body);
      });
    },
    stop: close,
  };
};
