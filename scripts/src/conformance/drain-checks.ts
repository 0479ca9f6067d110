import { eventually } from '../verify/check.js';
import { type Check, expectAll, expectEqual, once } from './check.js';
import { type Answered, ask, newCallerSpan } from './exchange.js';
import { changeAdmin, type Subject } from './subject.js';

/** Longer than the second in which a service that goes down still takes requests. */
const heldMs = 1_500;
const endWithinMs = 10_000;
const pollMs = 20;

interface Drain {
  /** The request that was on its way when the signal came. */
  readonly held: Answered | undefined;
  /** Readiness was 503 before that request was answered. */
  readonly wasUnreadyFirst: boolean;
  /** A request that came after readiness had gone. */
  readonly late: Answered | undefined;
  readonly endedAfterMs: number | undefined;
  readonly traceId: string;
}

/** Sends SIGTERM to the process and watches it end. If something starts it again, that is waited for. */
export const drainChecks = (subject: Subject): Check[] => {
  const { pid, profile, evidence } = subject;
  if (pid === undefined) return [];
  const drain = once(() => runDrain(subject, pid));
  return [
    {
      section: 'drain',
      what: 'SIGTERM: readiness goes first, while a request is still worked on',
      run: async () => {
        const { wasUnreadyFirst } = await drain();
        expectAll([[wasUnreadyFirst, 'ready, or no answer, until the request was answered', '503 from /health/ready']]);
        return '503';
      },
    },
    {
      section: 'drain',
      what: 'who has not noticed yet is answered, with connection: close',
      run: async () => {
        const { late } = await drain();
        expectEqual('status and connection', [late?.status, late?.headers.connection], [404, 'close']);
        return '404, close';
      },
    },
    {
      section: 'drain',
      what: 'the request that was being worked on is finished',
      run: async () => {
        const { held } = await drain();
        expectEqual('status', held?.status, profile.sample.status);
        return String(held?.status);
      },
    },
    {
      section: 'drain',
      what: 'the process ends by itself within 10 s',
      run: async () => {
        const { endedAfterMs } = await drain();
        expectAll([[endedAfterMs !== undefined, 'it was still there', `its end within ${endWithinMs / 1_000} s`]]);
        return `${endedAfterMs} ms`;
      },
    },
    {
      section: 'drain',
      what: 'its last records have arrived, that request and service.stopped among them',
      run: async () => {
        const { traceId } = await drain();
        const isAccess = (record: Readonly<Record<string, unknown>>): boolean =>
          record['event.action'] === 'http.request';
        const records = await evidence.records(traceId, 'access record', (found) => found.some(isAccess));
        const instance = String(records.find(isAccess)?.['service.instance.id']);
        const last = { 'service.instance.id': instance, 'event.action': 'service.stopped' };
        await evidence.recordsWith(last);
        return 'service.stopped';
      },
    },
  ];
};

const runDrain = async (subject: Subject, pid: number): Promise<Drain> => {
  const { admin, url, profile, isScraped } = subject;
  await changeAdmin(subject, 'PUT', '/faults', [{ route: `GET ${profile.sample.route}`, latencyMs: heldMs }]);
  const caller = newCallerSpan();
  const state: { held?: Answered; isAnswered: boolean } = { isAnswered: false };
  const held = subject.sample({ traceparent: caller.traceparent }).then(
    (answer) => {
      state.held = answer;
      state.isAnswered = true;
    },
    () => {
      state.isAnswered = true;
    },
  );
  // The request has arrived when it is counted as one that is being answered; a moment is enough for that.
  await pause(200);
  process.kill(pid, 'SIGTERM');
  const startedAt = Date.now();
  let wasUnreadyFirst = false;
  while (!state.isAnswered && !wasUnreadyFirst) {
    const status = await readinessOf(admin);
    wasUnreadyFirst = status === 503 && !state.isAnswered;
    await pause(pollMs);
  }
  const late = wasUnreadyFirst ? await ask({ door: url, path: '/nowhere' }).catch(() => undefined) : undefined;
  await held;
  while (isAlive(pid) && Date.now() - startedAt < endWithinMs) await pause(pollMs);
  const endedAfterMs = isAlive(pid) ? undefined : Date.now() - startedAt;
  // npm start starts it again; whoever comes next should find it as it was.
  if (isScraped && endedAfterMs !== undefined)
    await eventually('readiness again', async () => ((await readinessOf(admin)) === 200 ? true : undefined), 60_000);
  const traceId = profile.isEdge ? String(state.held?.headers.traceresponse).split('-')[1] : caller.traceId;
  return { held: state.held, wasUnreadyFirst, late, endedAfterMs, traceId: traceId ?? '' };
};

const readinessOf = (admin: string): Promise<number> =>
  ask({ door: admin, path: '/health/ready' }).then(
    ({ status }) => status,
    () => 0,
  );

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
