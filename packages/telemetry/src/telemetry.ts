import type { Telemetry, TelemetryOptions } from './types.js';

/** The logs, spans and metrics of one service. Several may live in one process. */
export const createTelemetry = (_options: TelemetryOptions): Telemetry => {
  throw new Error('telemetry is not built yet');
};
