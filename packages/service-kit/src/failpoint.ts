import type { Express } from 'express';

/**
 * Names an instant at the border of the process, so that a test can end or stop it exactly there:
 * `db.before orders.insert`, `client.after PUT product /internal/skus/:sku/holds/:orderId`, `server.before POST /api/orders`.
 * This is the build that users run: it does nothing. `node --conditions=glasshouse-test` loads `failpoint.test-build.ts`.
 */
export const failpoint = (_point: string): void => {};

/** The admin port of a test build has `/failpoints` here; that of users has nothing. */
export const addFailpointRoutes = (_app: Express): void => {};
