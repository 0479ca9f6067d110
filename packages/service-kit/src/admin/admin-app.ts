import type { Telemetry } from '@glasshouse/telemetry';
import express, { type Express, type RequestHandler } from 'express';
import { z } from 'zod';
import { addFailpointRoutes } from '#failpoint';
import { AppError, kitErrors } from '../errors.js';
import { type Faults, faultSchema } from '../faults.js';
import { readBody } from '../http/body.js';
import { toFieldProblems } from '../http/input.js';
import { sendProblem } from '../http/problem.js';

/** Whether a service can work, and what it still lacks if it cannot. */
export interface Readiness {
  isReady: boolean;
  /** `{ database: 'ok', start: 'waiting' }` */
  checks: Readonly<Record<string, string>>;
}

export interface AdminAppOptions {
  telemetry: Telemetry;
  faults: Faults;
  readiness: () => Promise<Readiness>;
  publicUrl: string;
}

const faultsSchema = z.array(faultSchema).max(50);
const logLevelSchema = z.strictObject({ level: z.enum(['error', 'warn', 'info', 'debug']) });

/**
 * The admin port: health, metrics, and the two things an operator may change while the service runs. It is neither
 * traced nor access-logged, no fault reaches it, and it answers when the rest has too much to do.
 */
export const createAdminApp = ({ telemetry, faults, readiness, publicUrl }: AdminAppOptions): Express => {
  const app = express().disable('x-powered-by').disable('etag');
  app.use((_req, res, next) => {
    res.setHeader('cache-control', 'no-store');
    next();
  });
  app
    .route('/health/live')
    .get((_req, res) => void res.json({ status: 'ok' }))
    .all(refuseMethod('GET'));
  app
    .route('/health/ready')
    .get(async (_req, res) => {
      const { isReady, checks } = await readiness();
      res.status(isReady ? 200 : 503).json({ status: isReady ? 'ok' : 'unavailable', checks });
    })
    .all(refuseMethod('GET'));
  app
    .route('/metrics')
    .get(async (req, res) => {
      const { contentType, body } = await telemetry.metrics.render(req.headers.accept);
      // Not `send`: it would rewrite the charset of a media type that Prometheus compares.
      res.setHeader('content-type', contentType).end(body);
    })
    .all(refuseMethod('GET'));
  app
    .route('/faults')
    .get((_req, res) => void res.json(faults.list()))
    .put(async (req, res) => {
      faults.replace(parse(faultsSchema, await readBody(req, 'json')));
      stateFaults(telemetry, faults);
      res.json(faults.list());
    })
    .delete((_req, res) => {
      faults.replace([]);
      stateFaults(telemetry, faults);
      res.status(204).end();
    })
    .all(refuseMethod('GET, PUT, DELETE'));
  app
    .route('/log-level')
    .get((_req, res) => void res.json({ level: telemetry.logLevel.get() }))
    .put(async (req, res) => {
      const { level } = parse(logLevelSchema, await readBody(req, 'json'));
      telemetry.logLevel.set(level);
      telemetry.fact({ action: 'log_level.changed', message: `Log level is ${level}`, level: 'warn' });
      res.json({ level });
    })
    .all(refuseMethod('GET, PUT'));
  addFailpointRoutes(app);
  app.use(() => {
    throw kitErrors.routeNotFound();
  });
  app.use(createAdminBoundary(telemetry, publicUrl));
  return app;
};

const refuseMethod =
  (allow: string): RequestHandler =>
  () => {
    throw kitErrors.methodNotAllowed({ headers: { allow } });
  };

const parse = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw kitErrors.invalidRequest({ errors: toFieldProblems('body', result.error.issues) });
};

const stateFaults = (telemetry: Telemetry, faults: Faults): void => {
  const routes = faults.list().map(({ route }) => route);
  telemetry.fact({
    action: 'faults.changed',
    message: routes.length === 0 ? 'All faults are switched off' : `Faults are switched on for ${routes.join(', ')}`,
    level: 'warn',
    fields: { 'glasshouse.faults': routes.length },
  });
};

const createAdminBoundary =
  (telemetry: Telemetry, publicUrl: string): express.ErrorRequestHandler =>
  (thrown, _req, res, _next) => {
    const error = thrown instanceof AppError ? thrown : kitErrors.internal();
    if (error.kind === 'internal') {
      telemetry.fact({ action: 'http.error', message: error.message, level: 'error', error: thrown });
    }
    sendProblem(res, error, { publicUrl, traceId: '', format: 'problem' });
  };
