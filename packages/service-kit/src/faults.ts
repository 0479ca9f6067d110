import type { Span } from '@glasshouse/telemetry';
import { z } from 'zod';
import { AppError, type ErrorKind, kitErrors, statusOfKind } from './errors.js';

const kindOfStatus = new Map<number, ErrorKind>(
  Object.entries(statusOfKind).map(([kind, status]) => [status, kind as ErrorKind]),
);

export const faultSchema = z.strictObject({
  route: z.string().min(1).max(200).describe('`PUT /internal/payments/:orderId`, or * for all.'),
  latencyMs: z.number().int().min(0).max(60_000).optional(),
  errorRate: z.number().min(0).max(1).optional(),
  status: z
    .number()
    .int()
    .refine((status) => kindOfStatus.has(status), 'is no status of an error of this service')
    .optional(),
});

/**
 * A fault that is switched on for one route, or for all: it makes answers late by `latencyMs`, and turns the share
 * `errorRate` of them into errors. With a status but no rate, all of them; with neither, none.
 */
type Fault = z.infer<typeof faultSchema>;

/** The faults of a service: in memory, off at start, never on the admin port. */
export interface Faults {
  list(): readonly Fault[];
  /** @throws kitErrors.invalidRequest if a route is not one of this service's: it would silently do nothing */
  replace(faults: readonly Fault[]): void;
  /** Makes a route known, `POST /api/orders`. */
  admit(route: string): void;
  /** The fault of a route; its own wins over the one for all. */
  find(method: string, template: string | undefined): Fault | undefined;
  /** Waits, then maybe throws kitErrors.injectedFault. The span says that the fault was not real. */
  inject(fault: Fault, span: Span): Promise<void>;
}

/** @param random 0 to 1; decides which requests a fault with an error rate hits */
export const createFaults = (random: () => number): Faults => {
  const known = new Set<string>(['*']);
  let active = new Map<string, Fault>();
  return {
    list: () => [...active.values()],
    admit: (route) => void known.add(route),
    replace: (faults) => {
      const unknown = faults.flatMap(({ route }, index) =>
        known.has(route) ? [] : [{ path: `body.${index}.route`, problem: `is not one of ${[...known].join(', ')}` }],
      );
      if (unknown.length > 0) throw kitErrors.invalidRequest({ errors: unknown });
      active = new Map(faults.map((fault) => [fault.route, fault]));
    },
    find: (method, template) =>
      active.size === 0 ? undefined : (active.get(`${method} ${template}`) ?? active.get('*')),
    inject: async ({ latencyMs = 0, errorRate, status }, span) => {
      span.setTag('glasshouse.fault', true);
      if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
      const rate = errorRate ?? (status === undefined ? 0 : 1);
      if (random() >= rate) return;
      const kind = kindOfStatus.get(status ?? statusOfKind.unavailable) ?? 'unavailable';
      throw new AppError({ ...kitErrors.injectedFault.spec, kind });
    },
  };
};
