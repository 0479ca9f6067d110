import { type Check, expectAll, expectEqual, expectMatch } from './check.js';
import { type Answered, ask } from './exchange.js';
import { expectTracedProblem } from './problem.js';
import type { Subject } from './subject.js';

/** Refusals that no service has to think about: what is not there, not allowed, or too much. */
export const errorChecks = ({ url, internal, profile }: Subject): Check[] => [
  {
    section: 'errors',
    what: 'an unknown path is 404 route_not_found, as a problem document with its trace',
    run: async () => {
      const doors = internal === undefined ? [url] : [url, internal];
      for (const door of doors) expectTracedProblem(await ask({ door, path: '/nowhere' }), 404, 'route_not_found');
      return '404 route_not_found';
    },
  },
  {
    section: 'errors',
    what: 'a method that the path does not take is 405 with Allow',
    run: async () => {
      const answer = await ask({ door: url, method: 'DELETE', path: profile.withoutDelete ?? profile.sample.path });
      const seen = expectTracedProblem(answer, 405, 'method_not_allowed');
      expectMatch('allow', answer.headers.allow, /\bGET\b/);
      return `${seen}, Allow: ${answer.headers.allow}`;
    },
  },
  {
    section: 'errors',
    what: 'a URL above 8 KiB is 414',
    run: async () => {
      const path = `${profile.sample.path}?q=${'a'.repeat(9_000)}`;
      return expectTracedProblem(await ask({ door: url, path }), 414, 'url_too_long');
    },
  },
  {
    section: 'errors',
    what: 'headers above 16 KiB are refused, by 431 or 400',
    run: async () => {
      const { status } = await ask({ door: url, path: '/', headers: { 'x-large': 'a'.repeat(20_000) } });
      expectAll([[status === 431 || status === 400, String(status), '431 or 400']]);
      return String(status);
    },
  },
];

/** How JSON bodies are taken, tried on one path of the service. */
export const bodyChecks = (subject: Subject): Check[] => {
  const { door, method, path, caller } = subject.profile.body;
  const send = (content: { text?: string; body?: unknown }, headers: Record<string, string> = {}): Promise<Answered> =>
    ask({
      door: door === 'app' ? subject.url : (subject.internal ?? subject.url),
      method,
      path,
      headers: { ...(caller === undefined ? {} : { 'x-service-key': subject.keyOf(caller) }), ...headers },
      ...content,
    });
  const json = { 'content-type': 'application/json' };
  return [
    {
      section: 'bodies',
      what: 'a body that is not application/json is 415',
      run: async () =>
        expectTracedProblem(
          await send({ text: '{}' }, { 'content-type': 'text/plain' }),
          415,
          'unsupported_media_type',
        ),
    },
    {
      section: 'bodies',
      what: 'a body that is no JSON is 400 malformed_json',
      run: async () => expectTracedProblem(await send({ text: '{"a":' }, json), 400, 'malformed_json'),
    },
    {
      section: 'bodies',
      what: 'a body above 64 KiB is 413, however the rest of it looks',
      run: async () =>
        expectTracedProblem(await send({ text: `"${'a'.repeat(70_000)}"` }, json), 413, 'body_too_large'),
    },
    {
      section: 'bodies',
      what: 'JSON nested deeper than 20 levels is 400',
      run: async () => {
        const text = `${'['.repeat(30)}${']'.repeat(30)}`;
        return expectTracedProblem(await send({ text }, json), 400, 'invalid_request');
      },
    },
    {
      section: 'bodies',
      what: 'an unknown field is refused by its path, and no value is repeated',
      run: async () => {
        const answer = await send({ body: { conformanceField: 'conformance-value' } });
        const seen = expectTracedProblem(answer, 400, 'invalid_request');
        const errors: { path: string; problem: string }[] = answer.json.errors ?? [];
        const paths = errors.map((error) => error.path);
        expectAll([
          [paths.includes('body.conformanceField'), `errors of ${paths.join(', ')}`, 'one of body.conformanceField'],
          [errors.every(({ problem }) => problem !== ''), 'an error without words', 'a problem for each path'],
          [!answer.text.includes('conformance-value'), 'the refused value in the answer', 'no value'],
        ]);
        return seen;
      },
    },
  ];
};

/** Tokens of users and keys of services. */
export const proofChecks = (subject: Subject): Check[] => {
  const { url, internal, profile, keyOf } = subject;
  const { user, internal: own } = profile;
  const door = internal ?? url;
  const callInternal = (key?: string): Promise<Answered> =>
    ask({
      door,
      method: own?.method ?? 'GET',
      path: own?.path ?? '/',
      headers: key === undefined ? {} : { 'x-service-key': key },
    });
  const callUser = (token?: string): Promise<Answered> =>
    ask({
      door: url,
      method: user?.method ?? 'GET',
      path: user?.path ?? '/',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  const userChecks: Check[] = [
    {
      section: 'proofs',
      what: 'without a token it is 401 with WWW-Authenticate',
      run: async () => {
        const answer = await callUser();
        expectMatch('www-authenticate', answer.headers['www-authenticate'], /^Bearer realm="glasshouse"/);
        return expectTracedProblem(answer, 401, 'unauthenticated');
      },
    },
    {
      section: 'proofs',
      what: 'a token that was forged, unsigned or altered is 401 invalid_token',
      run: async () => {
        const token = await subject.customerToken();
        const forged = { 'no token': 'nonsense', unsigned: toUnsigned(token), altered: toAltered(token) };
        for (const text of Object.values(forged)) expectTracedProblem(await callUser(text), 401, 'invalid_token');
        return Object.keys(forged).join(', ');
      },
    },
  ];
  const internalChecks: Check[] = [
    {
      section: 'proofs',
      what: 'an internal call without a key is 401, with a wrong one 401, of another service 403',
      run: async () => {
        expectTracedProblem(await callInternal(), 401, 'unauthenticated');
        // Whoever may not call does not learn what was wrong with the rest.
        const noJson = { text: '{', headers: { 'content-type': 'application/json' } };
        if (own?.method === 'POST')
          expectTracedProblem(
            await ask({ door, method: own.method, path: own.path, ...noJson }),
            401,
            'unauthenticated',
          );
        const wrong = `${own?.caller}.${'0'.repeat(64)}`;
        expectTracedProblem(await callInternal(wrong), 401, 'invalid_service_key');
        expectTracedProblem(await callInternal(keyOf('gateway')), 403, 'forbidden');
        const { status } = await callInternal(keyOf(own?.caller ?? ''));
        expectAll([[status !== 401 && status !== 403, `${status} with the right key`, 'to be let in']]);
        return '401, 401, 403';
      },
    },
  ];
  return [...(user === undefined ? [] : userChecks), ...(own === undefined ? [] : internalChecks)];
};

const toText = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Says of itself that no signature is needed (RFC 7519, 6.1). */
const toUnsigned = (token: string): string => `${toText({ alg: 'none', typ: 'at+jwt' })}.${token.split('.')[1]}.`;

/** The same claims and one role more under the old signature. */
const toAltered = (token: string): string => {
  const [header, claims = '', signature] = token.split('.');
  const altered = { ...JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')), roles: ['admin', 'customer'] };
  return `${header}.${toText(altered)}.${signature}`;
};

/** What an operator may change while the service runs. */
export const adminChecks = (subject: Subject): Check[] => [
  {
    section: 'admin',
    what: 'PUT /faults makes one route fail, says so, and DELETE ends it',
    run: async () => {
      const { admin, profile, sample } = subject;
      const fault = { route: `GET ${profile.sample.route}`, status: 503 };
      const put = await ask({ door: admin, method: 'PUT', path: '/faults', body: [fault] });
      const listed = await ask({ door: admin, path: '/faults' });
      const failed = await sample();
      const deleted = await ask({ door: admin, method: 'DELETE', path: '/faults' });
      expectEqual('PUT and GET', [put.status, listed.json], [200, [fault]]);
      expectTracedProblem(failed, 503, 'injected_fault');
      expectEqual('DELETE', deleted.status, 204);
      expectEqual('status afterwards', (await sample()).status, profile.sample.status);
      return '503 injected_fault, then as before';
    },
  },
  {
    section: 'admin',
    what: 'a fault for a route that it does not have is refused',
    run: async () => {
      const body = [{ route: 'GET /nowhere', status: 503 }];
      const answer = await ask({ door: subject.admin, method: 'PUT', path: '/faults', body });
      expectEqual('status and code', [answer.status, answer.json?.code], [400, 'invalid_request']);
      return '400';
    },
  },
  {
    section: 'admin',
    what: 'PUT /log-level changes the level, and refuses one that does not exist',
    run: async () => {
      const put = (level: string): Promise<Answered> =>
        ask({ door: subject.admin, method: 'PUT', path: '/log-level', body: { level } });
      const before = await ask({ door: subject.admin, path: '/log-level' });
      expectMatch('level', before.json?.level, /^(error|warn|info|debug)$/);
      const refused = await put('loud');
      const changed = await put('debug');
      const after = await ask({ door: subject.admin, path: '/log-level' });
      await put(before.json.level);
      expectEqual('statuses', [refused.status, changed.status], [400, 200]);
      expectEqual('GET', after.json, { level: 'debug' });
      return `debug, then ${before.json.level} again`;
    },
  },
];
