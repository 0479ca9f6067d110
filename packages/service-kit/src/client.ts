import { AppError } from './errors.js';

export interface ClientOptions {
  peer: string;
  baseUrl: string;
  timeoutMs: number;
  attempts: number;
  /** Default true. */
  breaker?: boolean | undefined;
  /** Default true. */
  sendServiceKey?: boolean | undefined;
}

export interface ClientRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A template with `:params`. */
  path: string;
  params?: Record<string, string> | undefined;
  query?: Record<string, string | number | undefined> | undefined;
  body?: unknown;
  headers?: Record<string, string> | undefined;
  timeoutMs?: number | undefined;
  attempts?: number | undefined;
  /** The statuses the caller handles; every other one is a DownstreamError. */
  expect: readonly number[];
}

export interface ClientAnswer {
  status: number;
  body: unknown;
  headers: Record<string, string>;
}

export interface HttpClient {
  request(request: ClientRequest): Promise<ClientAnswer>;
}

export type DownstreamReason = 'refused' | 'timeout' | 'status' | 'breaker_open' | 'no_time' | 'bad_answer';

export class DownstreamError extends AppError {
  override readonly name = 'DownstreamError';
  readonly peer: string;
  readonly reason: DownstreamReason;
  readonly outcome: 'not_sent' | 'unknown';

  constructor(options: { peer: string; reason: DownstreamReason; outcome: 'not_sent' | 'unknown'; cause?: unknown }) {
    const kind = options.reason === 'timeout' || options.reason === 'no_time' ? 'timeout' : 'unavailable';
    super(
      { kind, code: 'downstream_unavailable', message: 'Another service that is needed cannot answer.' },
      { cause: options.cause },
    );
    this.peer = options.peer;
    this.reason = options.reason;
    this.outcome = options.outcome;
  }
}
