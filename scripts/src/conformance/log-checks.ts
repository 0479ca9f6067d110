import { randomBytes } from 'node:crypto';
import { type Check, expectAll, expectEqual, expectMatch, once, show } from './check.js';
import type { LogRecord } from './evidence.js';
import { ask, newCallerSpan, traceIdOf } from './exchange.js';
import { changeAdmin, type Subject, withFault } from './subject.js';

const isAccess = (record: LogRecord): boolean => record['event.action'] === 'http.request';

/** Every name that docs/telemetry.md lists; whatever else is in a record nobody has an index or a column for. */
const knownField =
  /^(@timestamp|message|log\.level|service\.(name|version|instance\.id|target\.name)|event\.(id|action|duration)|(trace|span|request|user)\.id|http\.(request\.method|route|response\.status_code)|error\.(code|message|stack_trace)|glasshouse\.[a-z_.]+)$/;

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** The records that a service sends to Fluentd, as they arrive in Elasticsearch. */
export const logChecks = (subject: Subject): Check[] => {
  const { url, profile, service, evidence } = subject;
  /** One answered request with its access record. */
  const exchange = once(async () => {
    const { answer } = await subject.tracedSample();
    const traceId = traceIdOf(answer);
    const records = await evidence.records(traceId, 'access record', (found) => found.some(isAccess));
    return { answer, traceId, records, access: records.find(isAccess) ?? {} };
  });
  return [
    {
      section: 'logs',
      what: 'each request has one http.request record with its trace, span and request id',
      run: async () => {
        const { answer, traceId, records, access } = await exchange();
        expectEqual('records', records.filter(isAccess).length, 1);
        expectEqual('trace.id', access['trace.id'], traceId);
        expectEqual('span.id', access['span.id'], String(answer.headers.traceresponse).split('-')[2]);
        expectEqual('request.id', access['request.id'], answer.headers['x-request-id']);
        return String(access.message);
      },
    },
    {
      section: 'logs',
      what: 'it says method, route template, status, duration and level',
      run: async () => {
        const { access } = await exchange();
        expectEqual('http.request.method', access['http.request.method'], 'GET');
        expectEqual('http.route', access['http.route'], profile.sample.route);
        expectEqual('http.response.status_code', access['http.response.status_code'], profile.sample.status);
        expectEqual('log.level', access['log.level'], 'info');
        expectMatch('message', access.message, /\S/);
        const duration = access['event.duration'];
        const isNanoseconds = Number.isInteger(duration) && Number(duration) > 1_000 && Number(duration) < 60e9;
        expectAll([[isNanoseconds, `event.duration ${show(duration)}`, 'a whole number of nanoseconds']]);
        return `${duration} ns`;
      },
    },
    {
      section: 'logs',
      what: 'every record says when, what, and which process',
      run: async () => {
        const { records } = await exchange();
        for (const record of records) {
          expectMatch('@timestamp', record['@timestamp'], rfc3339);
          expectEqual('service.name', record['service.name'], service);
          expectMatch('service.version', record['service.version'], /^\d+\.\d+/);
          expectMatch('service.instance.id', record['service.instance.id'], /^.+-\d+$/);
          expectMatch('event.action', record['event.action'], /^[a-z_]+\.[a-z_]+$/);
          expectMatch('event.id', record['event.id'], /^\S{8,}$/);
        }
        const ids = new Set(records.map((record) => record['event.id']));
        expectEqual('different values of event.id', ids.size, records.length);
        return String(records[0]?.['service.instance.id']);
      },
    },
    {
      section: 'logs',
      what: 'a record has no field but those of docs/telemetry.md',
      run: async () => {
        const { records } = await exchange();
        const unknown = records.flatMap((record) => Object.keys(record)).filter((name) => !knownField.test(name));
        expectEqual('other fields', [...new Set(unknown)], []);
        return `${Object.keys(records[0] ?? {}).length} fields`;
      },
    },
    {
      section: 'logs',
      what: 'what a caller typed is in no record and no span: path, query, token',
      run: async () => {
        const caller = newCallerSpan();
        const secret = `canary${randomBytes(8).toString('hex')}`;
        const answer = await ask({
          door: url,
          path: `/nowhere/${secret}?token=${secret}`,
          headers: { traceparent: caller.traceparent, authorization: `Bearer ${secret}`, cookie: secret },
        });
        const traceId = traceIdOf(answer);
        await evidence.records(traceId, 'access record', (found) => found.some(isAccess));
        await evidence.spans(traceId, 'server span', (found) => found.length > 0);
        const { records, spans } = await evidence.arrived(traceId);
        const has = (list: readonly unknown[]): boolean => JSON.stringify(list).includes(secret);
        expectAll([
          [!has(records), 'it in a log record', 'it nowhere'],
          [!has(spans), 'it in a span', 'it nowhere'],
        ]);
        return `${records.length} records, ${spans.length} spans`;
      },
    },
    {
      section: 'logs',
      what: 'a failure on our side is an http.error of level warn, with its code',
      run: async () => {
        const { answer } = await withFault(subject, { status: 503 }, () => subject.tracedSample());
        const isFailure = (record: LogRecord): boolean => record['event.action'] === 'http.error';
        const records = await evidence.records(traceIdOf(answer), 'http.error', (found) => found.some(isFailure));
        const failure = records.find(isFailure) ?? {};
        expectEqual('level and code', [failure['log.level'], failure['error.code']], ['warn', 'injected_fault']);
        return String(failure['error.code']);
      },
    },
    {
      section: 'logs',
      what: 'with the level error nothing else is told, and info tells again',
      run: async () => {
        await changeAdmin(subject, 'PUT', '/log-level', { level: 'error' });
        const silent = await subject
          .tracedSample()
          .finally(() => changeAdmin(subject, 'PUT', '/log-level', { level: 'info' }));
        const told = await subject.tracedSample();
        // Records arrive in order, so what was told before would be there before.
        await evidence.records(traceIdOf(told.answer), 'access record', (found) => found.some(isAccess));
        const { records } = await evidence.arrived(traceIdOf(silent.answer));
        expectEqual(
          'records at level error',
          records.map((record) => record['event.action']),
          [],
        );
        return 'silent, then not';
      },
    },
    {
      section: 'logs',
      what: 'its life is told: service.started and service.ready',
      run: async () => {
        const { access } = await exchange();
        const instance = { 'service.instance.id': String(access['service.instance.id']) };
        const records = await evidence.recordsWith(instance);
        const actions = records.map((record) => String(record['event.action']));
        const life = ['service.started', 'service.ready'].filter((action) => actions.includes(action));
        expectEqual('facts', life, ['service.started', 'service.ready']);
        return life.join(', ');
      },
    },
  ];
};
