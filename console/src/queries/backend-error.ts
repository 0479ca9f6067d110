export type Backend = 'jaeger' | 'elasticsearch' | 'prometheus';

/** A backend did not answer, or refused. Its message is fit to be shown. */
export class BackendError extends Error {
  readonly backend: Backend;
  /** The HTTP status; undefined if there was no answer. */
  readonly status: number | undefined;

  constructor(backend: Backend, message: string, status?: number) {
    super(message);
    this.backend = backend;
    this.status = status;
  }

  /** It is down, or hidden behind a proxy that cannot reach it; a refusal (4xx) is an answer. */
  get isDown(): boolean {
    return this.status === undefined || this.status >= 500;
  }
}
