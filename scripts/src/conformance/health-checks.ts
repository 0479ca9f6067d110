import { type Check, expectAll, expectEqual, expectMatch } from './check.js';
import { ask } from './exchange.js';
import { expectProblem } from './problem.js';
import type { Subject } from './subject.js';

export const healthChecks = ({ admin, url, internal, profile }: Subject): Check[] => [
  {
    section: 'health',
    what: 'GET /health/live is 200 as long as the process runs',
    run: async () => {
      const answer = await ask({ door: admin, path: '/health/live' });
      expectEqual('status and body', [answer.status, answer.json], [200, { status: 'ok' }]);
      expectEqual('cache-control', answer.headers['cache-control'], 'no-store');
      return '200';
    },
  },
  {
    section: 'health',
    what: 'GET /health/ready is 200 and names what it depends on',
    run: async () => {
      const { status, json } = await ask({ door: admin, path: '/health/ready' });
      expectEqual('status', [status, json?.status], [200, 'ok']);
      expectEqual('checks.service', json.checks?.service, 'ready');
      if (profile.hasDatabase) expectEqual('checks.database', json.checks?.database, 'ok');
      return JSON.stringify(json.checks);
    },
  },
  {
    section: 'health',
    what: 'the admin port refuses like the other doors, without a trace',
    run: async () => {
      const unknown = await ask({ door: admin, path: '/nowhere' });
      expectProblem(unknown, 404, 'route_not_found');
      expectEqual('traceId', unknown.json.traceId, '');
      const refused = await ask({ door: admin, path: '/health/live', method: 'POST' });
      expectProblem(refused, 405, 'method_not_allowed');
      expectMatch('allow', refused.headers.allow, /\bGET\b/);
      return '404, 405';
    },
  },
  {
    section: 'doors',
    what: 'what belongs to the admin port is not on the others',
    run: async () => {
      const paths = ['/health/live', '/health/ready', '/metrics', '/faults', '/log-level'];
      const doors = internal === undefined ? [url] : [url, internal];
      const asked = doors.flatMap((door) => paths.map((path) => ({ door, path })));
      const answers = await Promise.all(asked.map(ask));
      expectAll(answers.map(({ status }, at) => [status === 404, `${asked[at]?.path} ${status}`, '404']));
      return `${asked.length} times 404`;
    },
  },
  ...(internal === undefined
    ? []
    : [
        {
          section: 'doors' as const,
          what: 'public paths are not on the internal door, internal ones not on the app door',
          run: async () => {
            const atInternal = await ask({ door: internal, path: profile.sample.path });
            const path = profile.internal?.path ?? '/internal/nowhere';
            const atApp = await ask({ door: url, path, method: profile.internal?.method ?? 'GET' });
            expectProblem(atInternal, 404, 'route_not_found');
            expectProblem(atApp, 404, 'route_not_found');
            return '404 on both';
          },
        },
      ]),
];
