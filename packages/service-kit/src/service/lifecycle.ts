import { setTimeout as pause } from 'node:timers/promises';
import type { Telemetry } from '@glasshouse/telemetry';
import type { Readiness } from '../admin/admin-app.js';
import type { Jobs } from './jobs.js';
import type { Listener } from './listener.js';
import type { Service, ServicePorts } from './service.js';

/** Something that a service holds open while it runs. */
export interface Resource {
  /** Its name among the readiness checks. */
  readonly name: string;
  /** Resolves once it can be used, however long that takes; only then onStart runs. */
  connect?(): Promise<void>;
  /** Whether it answers within 500 ms; absent if readiness does not depend on it. */
  isReady?(): Promise<boolean>;
  close?(): Promise<void> | void;
}

export interface LifecycleOptions {
  telemetry: Telemetry;
  host: string;
  listeners: { app: Listener; internal?: Listener | undefined; admin: Listener };
  /** In the order they are opened; closed in the reverse one. */
  resources: readonly Resource[];
  jobs: Jobs;
  state: LifecycleState;
  /** Aborted here, when the service begins to go down. */
  stopping: AbortController;
  drainDelayMs: number;
  onStart: () => Promise<void>;
  onStop: () => Promise<void>;
}

/** What the rest of the kit may know of where the service is in its life. */
export interface LifecycleState {
  phase: 'starting' | 'ready' | 'draining';
}

/** Together with the second before them they end within 9 s, and an orchestrator's 10 s are never needed. */
const drainMs = 5_500;
const storesMs = 500;
const flushMs = 1_800;

const firstRetryMs = 200;
const longestRetryMs = 5_000;

/** Start and stop in the order that loses nothing: see the steps in `start` and `stop`. */
export const createLifecycle = (options: LifecycleOptions): Service => {
  const { telemetry, host, listeners, resources, jobs, state, stopping } = options;
  let stopped: Promise<void> | undefined;

  const listen = async (): Promise<ServicePorts> => {
    const admin = await listeners.admin.listen(host);
    const app = await listeners.app.listen(host);
    const internal = await listeners.internal?.listen(host);
    return internal === undefined ? { app, admin } : { app, internal, admin };
  };

  const becomeReady = async (): Promise<void> => {
    await Promise.all(resources.map((resource) => resource.connect?.()));
    for (let retryMs = firstRetryMs; !stopping.signal.aborted; retryMs = Math.min(longestRetryMs, retryMs * 2)) {
      try {
        await options.onStart();
        break;
      } catch (error) {
        const message = 'The start is not complete and is tried again.';
        telemetry.fact({ action: 'service.start_failed', message, level: 'warn', error });
        await pause(retryMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
    if (stopping.signal.aborted) return;
    state.phase = 'ready';
    jobs.start();
    telemetry.fact({ action: 'service.ready', message: 'The service can work' });
  };

  const stop = async (): Promise<void> => {
    telemetry.fact({ action: 'service.stopping', message: 'The service goes down' });
    state.phase = 'draining';
    stopping.abort();
    const jobsDone = jobs.stop();
    await pause(options.drainDelayMs);
    const { app, internal, admin } = listeners;
    const drained = [app.drain(drainMs), internal?.drain(drainMs), atMost(drainMs, jobsDone)];
    await Promise.all(drained);
    await atMost(storesMs, closeStores(options.onStop, resources));
    await admin.drain(0);
    telemetry.fact({ action: 'service.stopped', message: 'The service is down' });
    await telemetry.close(flushMs);
  };

  return {
    start: async () => {
      try {
        const ports = await listen();
        // A failure is stated inside and tried again; only a database that is being closed rejects, and then we stop.
        becomeReady().catch(() => {});
        const where = Object.entries(ports).map(([name, port]) => `${name} ${port}`);
        telemetry.fact({ action: 'service.started', message: `Listening: ${where.join(', ')}` });
        return ports;
      } catch (error) {
        await Promise.all(Object.values(listeners).map((listener) => listener?.drain(0)));
        await telemetry.close(flushMs);
        throw error;
      }
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    report: (action, error) =>
      telemetry.fact({ action, message: 'An error that nothing has caught', level: 'error', error }),
  };
};

const closeStores = async (onStop: () => Promise<void>, resources: readonly Resource[]): Promise<void> => {
  await onStop().catch(() => {});
  for (const resource of [...resources].reverse()) await Promise.resolve(resource.close?.()).catch(() => {});
};

const atMost = async (ms: number, work: Promise<void>): Promise<void> => {
  const over = new AbortController();
  await Promise.race([work, pause(ms, undefined, { signal: over.signal }).catch(() => {})]);
  over.abort();
};

export interface ReadinessOptions {
  resources: readonly Resource[];
  state: LifecycleState;
}

/** Ready: started, not going down, and its own stores answer. Other services are not asked: one of them down must not take all down. */
export const createReadiness =
  ({ resources, state }: ReadinessOptions) =>
  async (): Promise<Readiness> => {
    const checked = resources.filter((resource) => resource.isReady !== undefined);
    const answers = await Promise.all(
      checked.map(async (resource) => [resource.name, (await resource.isReady?.()) ? 'ok' : 'unavailable'] as const),
    );
    const isReady = state.phase === 'ready' && answers.every(([, answer]) => answer === 'ok');
    return { isReady, checks: { service: state.phase, ...Object.fromEntries(answers) } };
  };
