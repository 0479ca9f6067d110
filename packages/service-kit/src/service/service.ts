/** A service as its process, and a test, sees it. */
export interface Service {
  /**
   * Listens and begins to connect; readiness on the admin port tells when it can work.
   * @returns the ports it listens on, also where the configuration said 0
   * @throws PortError
   */
  start(): Promise<ServicePorts>;
  /** Goes down gracefully: not ready, drained, stores closed, telemetry flushed last. Idempotent, at most 9 s. */
  stop(): Promise<void>;
  /** Logs what no code has caught, for the process that runs the service. */
  report?(action: string, error: unknown): void;
}

export interface ServicePorts {
  app: number;
  internal?: number;
  admin: number;
}
