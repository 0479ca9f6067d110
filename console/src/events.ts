import type { ServerResponse } from 'node:http';
import { matchedRoute, type RouteTemplate, type Telemetry } from '@glasshouse/service-kit';
import { errors } from './errors.js';

type Request = Parameters<typeof matchedRoute>[0];
type Next = (error?: unknown) => void;

/** Something that open pages are told of at once, by server-sent events (WHATWG HTML, section 9.2). */
export interface PageEvent {
  readonly type: 'alerts';
  readonly data: unknown;
}

export interface Events {
  readonly route: RouteTemplate;
  handler(req: Request, res: ServerResponse, next: Next): void;
  publish(event: PageEvent): void;
}

export interface EventsOptions {
  readonly telemetry: Telemetry;
  readonly stopping: AbortSignal;
}

const route = { method: 'GET', path: '/api/events' } as const;
const maxStreams = 64;
/** Less than the 20 s after which the kit's listener ends a silent connection. */
const heartbeatMs = 10_000;
/** What a page can miss while it connects again. */
const maxKept = 20;
/** A page that does not read must not fill this process; it connects again and is told what it missed. */
const maxUnreadBytes = 256 * 1024;

/** Keeps the streams of the open pages, and the last events for those that come back. */
export const createEvents = ({ telemetry, stopping }: EventsOptions): Events => {
  const streams = new Set<ServerResponse>();
  const kept: { readonly id: number; readonly text: string }[] = [];
  let lastId = 0;
  telemetry.metrics.observableGauge(
    { name: 'console_event_streams', help: 'Open pages that are told of events.' },
    () => streams.size,
  );
  stopping.addEventListener('abort', () => {
    for (const stream of streams) stream.end();
  });

  const write = (stream: ServerResponse, text: string): void => {
    if (stream.writableLength > maxUnreadBytes) stream.destroy();
    else stream.write(text);
  };

  return {
    route,
    handler(req, res, next) {
      if (matchedRoute(req)?.template !== route.path) {
        next();
        return;
      }
      if (streams.size >= maxStreams) throw errors.tooManyStreams({ retryAfterSeconds: 10 });
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      res.write('retry: 2000\n\n');
      const seenId = Number(req.headers['last-event-id'] ?? lastId);
      for (const { id, text } of kept) if (id > seenId) write(res, text);
      const heartbeat = setInterval(() => write(res, ':\n\n'), heartbeatMs);
      streams.add(res);
      res.once('close', () => {
        clearInterval(heartbeat);
        streams.delete(res);
      });
      if (stopping.aborted) res.end();
    },
    publish({ type, data }) {
      lastId += 1;
      const text = `id: ${lastId}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
      kept.push({ id: lastId, text });
      if (kept.length > maxKept) kept.shift();
      for (const stream of streams) write(stream, text);
    },
  };
};
