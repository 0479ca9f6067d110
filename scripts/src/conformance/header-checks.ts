import { randomBytes } from 'node:crypto';
import { type Check, expectAll, expectEqual, expectMatch } from './check.js';
import { ask, newCallerSpan, traceIdOf } from './exchange.js';
import { expectTracedProblem } from './problem.js';
import type { Subject } from './subject.js';

const someRequestId = (): string => `conformance-${randomBytes(8).toString('hex')}`;

const traceresponse = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/;

/** What every service answers with, and what it takes from a caller inside the shop. */
export const headerChecks = (subject: Subject): Check[] => {
  const { sample, profile } = subject;
  return [
    {
      section: 'headers',
      what: 'every answer has a traceresponse',
      run: async () => {
        const answers = await Promise.all([sample(), ask({ door: subject.url, path: '/nowhere' })]);
        for (const { headers } of answers) expectMatch('traceresponse', headers.traceresponse, traceresponse);
        return String(answers[0]?.headers.traceresponse);
      },
    },
    {
      section: 'headers',
      what: 'every answer has an x-request-id, a new one where none came',
      run: async () => {
        const ids = (await Promise.all([sample(), sample()])).map(({ headers }) => headers['x-request-id']);
        for (const id of ids) expectMatch('x-request-id', id, /^[A-Za-z0-9._-]{8,64}$/);
        expectAll([[ids[0] !== ids[1], `twice ${ids[0]}`, 'two ids']]);
        return String(ids[0]);
      },
    },
    {
      section: 'headers',
      what: 'an x-request-id that is none is replaced',
      run: async () => {
        const { headers } = await sample({ 'x-request-id': 'a b;c' });
        expectMatch('x-request-id', headers['x-request-id'], /^[A-Za-z0-9._-]{8,64}$/);
        return String(headers['x-request-id']);
      },
    },
    {
      section: 'headers',
      what: 'answers may not be guessed at or framed, and do not name the software',
      run: async () => {
        const { headers } = await sample();
        expectEqual('x-content-type-options', headers['x-content-type-options'], 'nosniff');
        expectMatch('content-security-policy', headers['content-security-policy'], /default-src 'none'/);
        expectEqual('x-powered-by and server', [headers['x-powered-by'], headers.server], [null, null]);
        return 'nosniff';
      },
    },
    {
      section: 'headers',
      what: 'HEAD is answered as GET, without a body',
      run: async () => {
        const { status, text } = await ask({ door: subject.url, method: 'HEAD', path: profile.sample.path });
        expectEqual('status and body', [status, text], [profile.sample.status, '']);
        return String(status);
      },
    },
    {
      section: 'headers',
      what: 'a traceparent that is none is as if it were absent',
      run: async () => {
        const zeros = `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`;
        for (const value of ['nonsense', zeros, `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]) {
          const answer = await sample({ traceparent: value });
          expectEqual('status', answer.status, profile.sample.status);
          expectMatch('traceresponse', answer.headers.traceresponse, traceresponse);
          expectAll([[traceIdOf(answer) !== value.split('-')[1], `the trace of ${value}`, 'a new trace']]);
        }
        return 'a new trace each time';
      },
    },
    ...(profile.isEdge ? edgeChecks(subject) : insideChecks(subject)),
  ];
};

const insideChecks = ({ sample, tracedSample, profile }: Subject): Check[] => [
  {
    section: 'headers',
    what: 'traceparent is followed: the same trace, a span of its own',
    run: async () => {
      const { answer, caller } = await tracedSample();
      const own = new RegExp(`^00-${caller.traceId}-(?!${caller.spanId})[0-9a-f]{16}-01$`);
      expectMatch('traceresponse', answer.headers.traceresponse, own);
      return String(answer.headers.traceresponse);
    },
  },
  {
    section: 'headers',
    what: 'a traceparent that is not sampled is answered with flags 00',
    run: async () => {
      const { answer, caller } = await tracedSample('00');
      const own = new RegExp(`^00-${caller.traceId}-[0-9a-f]{16}-00$`);
      expectMatch('traceresponse', answer.headers.traceresponse, own);
      return String(answer.headers.traceresponse);
    },
  },
  {
    section: 'headers',
    what: 'b3 (single and multi) and uber-trace-id are understood, traceparent goes first',
    run: async () => {
      const { traceId, spanId } = newCallerSpan();
      const w3c = newCallerSpan();
      const single = { b3: `${traceId}-${spanId}-1` };
      const multi = { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '1' };
      const uber = { 'uber-trace-id': `${traceId}:${spanId}:0:1` };
      const forms = { single, multi, uber, 'single and traceparent': { ...single, traceparent: w3c.traceparent } };
      for (const [name, headers] of Object.entries(forms)) {
        const expected = 'traceparent' in headers ? w3c.traceId : traceId;
        expectEqual(`trace id by ${name}`, traceIdOf(await sample(headers)), expected);
      }
      return Object.keys(forms).join(', ');
    },
  },
  {
    section: 'headers',
    what: 'x-request-id of the caller is kept',
    run: async () => {
      const id = someRequestId();
      const { headers } = await sample({ 'x-request-id': id });
      expectEqual('x-request-id', headers['x-request-id'], id);
      return id;
    },
  },
  {
    section: 'headers',
    what: 'a request whose time is over (x-deadline-ms) is answered with 504',
    run: async () => expectTracedProblem(await sample({ 'x-deadline-ms': '10' }), 504, 'deadline_exceeded'),
  },
  {
    section: 'headers',
    what: 'an x-deadline-ms that is no number says nothing',
    run: async () => {
      const { status } = await sample({ 'x-deadline-ms': 'soon' });
      expectEqual('status', status, profile.sample.status);
      return String(status);
    },
  },
];

/** Whoever comes from outside could name other people's traces and requests. */
const edgeChecks = ({ sample, tracedSample, profile }: Subject): Check[] => [
  {
    section: 'headers',
    what: 'at the public edge a caller neither chooses the trace nor the request id',
    run: async () => {
      const { answer, caller } = await tracedSample();
      const id = someRequestId();
      const named = await sample({ 'x-request-id': id });
      expectAll([
        [traceIdOf(answer) !== caller.traceId, "the caller's trace id", 'a new one'],
        [named.headers['x-request-id'] !== id, "the caller's request id", 'a new one'],
      ]);
      return 'new ids';
    },
  },
  {
    section: 'headers',
    what: "at the public edge a caller's deadline is ignored",
    run: async () => {
      const { status } = await sample({ 'x-deadline-ms': '10' });
      expectEqual('status', status, profile.sample.status);
      return String(status);
    },
  },
];
