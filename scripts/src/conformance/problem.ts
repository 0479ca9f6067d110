import { expectEqual, expectMatch } from './check.js';
import { type Answered, traceIdOf } from './exchange.js';

/** Checks a refusal: its status, and the body that RFC 9457 and docs/errors.md describe. @returns what was seen */
export const expectProblem = (answer: Answered, status: number, code: string): string => {
  expectEqual('status and code', [answer.status, answer.json?.code], [status, code]);
  expectMatch('content-type', answer.headers['content-type'], /^application\/problem\+json\b/);
  const { type, title, detail } = answer.json;
  expectEqual('status in the body', answer.json.status, status);
  expectMatch('type', type, new RegExp(`^https?://.+/docs/errors#${code}$`));
  expectMatch('title', title, /^\S.+/);
  expectMatch('detail', detail, /^\S.+/);
  return `${status} ${code}`;
};

/** The same at the doors app and internal, where every answer has a trace. */
export const expectTracedProblem = (answer: Answered, status: number, code: string): string => {
  const seen = expectProblem(answer, status, code);
  expectEqual('traceId', answer.json.traceId, traceIdOf(answer));
  expectEqual('cache-control', answer.headers['cache-control'], 'no-store');
  return seen;
};
