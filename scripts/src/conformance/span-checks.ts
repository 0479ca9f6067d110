import { type Check, expectAll, expectEqual, expectMatch, once } from './check.js';
import type { Span } from './evidence.js';
import { ask, newCallerSpan, traceIdOf } from './exchange.js';
import { type Subject, withFault } from './subject.js';

const isServer = ({ tags }: Span): boolean => tags['span.kind'] === 'server';
const isError = ({ tags }: Span): boolean => tags.error === true || tags.error === 'true';

const hasServer = (spans: readonly Span[]): boolean => spans.some(isServer);

/** @throws Error unless there is one */
export const serverSpanOf = (spans: readonly Span[]): Span => {
  const found = spans.find(isServer);
  if (found === undefined) throw new Error('there is no span with span.kind server');
  return found;
};

/** The spans that a service sends to Jaeger's collector, as Jaeger's query API tells them. */
export const spanChecks = (subject: Subject): Check[] => {
  const { url, profile, evidence, service } = subject;
  const exchange = once(async () => {
    const { answer, caller } = await subject.tracedSample();
    const traceId = traceIdOf(answer);
    const spans = await evidence.spans(traceId, `server span of ${service}`, hasServer);
    return { answer, caller, spans, server: serverSpanOf(spans) };
  });
  return [
    {
      section: 'spans',
      what: 'a request is one server span, named by method and route template',
      run: async () => {
        const { answer, spans, server } = await exchange();
        expectEqual('server spans', spans.filter(isServer).length, 1);
        expectEqual('name', server.name, `GET ${profile.sample.route}`);
        expectEqual('span id', server.spanId, String(answer.headers.traceresponse).split('-')[2]);
        return server.name;
      },
    },
    {
      section: 'spans',
      what: 'its tags are those of docs/telemetry.md',
      run: async () => {
        const { answer, server } = await exchange();
        const { tags } = server;
        expectEqual('http.method', tags['http.method'], 'GET');
        expectEqual('http.route', tags['http.route'], profile.sample.route);
        expectEqual('http.status_code', Number(tags['http.status_code']), profile.sample.status);
        expectEqual('request.id', tags['request.id'], answer.headers['x-request-id']);
        expectMatch('component', tags.component, /\S/);
        return `component ${tags.component}`;
      },
    },
    profile.isEdge
      ? {
          section: 'spans',
          what: "at the public edge the caller's span is a reference, not the parent",
          run: async () => {
            const { caller, server } = await exchange();
            expectEqual('parent', server.parentId, undefined);
            expectEqual('FOLLOWS_FROM', server.followsFrom, [caller.traceId]);
            return 'FOLLOWS_FROM';
          },
        }
      : {
          section: 'spans',
          what: "the caller's span is its parent",
          run: async () => {
            const { caller, server } = await exchange();
            expectEqual('parent', server.parentId, caller.spanId);
            return caller.spanId;
          },
        },
    {
      section: 'spans',
      what: 'every other span of the request has its parent in the trace',
      run: async () => {
        const { spans, server } = await exchange();
        const ids = new Set(spans.map(({ spanId }) => spanId));
        const orphans = spans.filter((span) => span !== server && !ids.has(span.parentId ?? ''));
        expectEqual(
          'without a parent',
          orphans.map(({ name }) => name),
          [],
        );
        return spans.map(({ name }) => name).join(', ');
      },
    },
    {
      section: 'spans',
      what: 'an unknown path is "GET unmatched", and a 4xx is no error',
      run: async () => {
        const answer = await ask({
          door: url,
          path: '/nowhere',
          headers: { traceparent: newCallerSpan().traceparent },
        });
        const server = serverSpanOf(await evidence.spans(traceIdOf(answer), 'its server span', hasServer));
        expectEqual('name', server.name, 'GET unmatched');
        expectEqual('http.status_code', Number(server.tags['http.status_code']), 404);
        expectAll([[!isError(server), 'error', 'no tag error']]);
        return server.name;
      },
    },
    {
      section: 'spans',
      what: 'a 5xx is an error, with one event that names its code',
      run: async () => {
        const { answer } = await withFault(subject, { status: 503 }, () => subject.tracedSample());
        const server = serverSpanOf(await evidence.spans(traceIdOf(answer), 'its server span', hasServer));
        expectAll([[isError(server), 'no tag error', 'error=true']]);
        expectEqual(
          'events',
          server.events.map((event) => event['error.code']),
          ['injected_fault'],
        );
        expectEqual('glasshouse.fault', String(server.tags['glasshouse.fault']), 'true');
        return 'error=true';
      },
    },
    ...(profile.isEdge
      ? []
      : [
          {
            section: 'spans' as const,
            what: 'a trace that is not sampled has no spans',
            run: async () => {
              const silent = await subject.tracedSample('00');
              const told = await subject.tracedSample('01');
              // Spans are sent oldest first, so the silent one's would be there before.
              await evidence.spans(told.caller.traceId, 'its server span', hasServer);
              const { spans } = await evidence.arrived(silent.caller.traceId);
              expectEqual(
                'spans',
                spans.map(({ name }) => name),
                [],
              );
              return 'none';
            },
          },
        ]),
  ];
};
