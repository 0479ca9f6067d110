/** A service as its process, and a test, sees it. */
export interface Service {
  /**
   * Listens and begins to connect; readiness on the admin port tells when it can work.
   * @returns the ports it listens on, also where the configuration said 0
   */
  start(): Promise<{ app: number; internal?: number; admin: number }>;
  /** Goes down gracefully: not ready, drained, stores closed, telemetry flushed. Idempotent, at most 9 s. */
  stop(): Promise<void>;
}
