import { AppError, kitErrors } from './errors.js';

/**
 * `refused`: no connection, or it broke off; `no_time`: the request's deadline leaves no room for a call;
 * `breaker_open`: the peer has failed, or is being asked, too often to be asked again; `bad_answer`: not what HTTP and JSON allow.
 */
export type DownstreamReason = 'refused' | 'timeout' | 'status' | 'breaker_open' | 'no_time' | 'bad_answer';

/** Whether the peer can have done what it was asked: `not_sent` is certain that it has not, `unknown` must be found out. */
export type DownstreamOutcome = 'not_sent' | 'unknown';

export interface DownstreamFailure {
  peer: string;
  reason: DownstreamReason;
  outcome: DownstreamOutcome;
  /** The peer's status, if the reason is `status`. */
  status?: number | undefined;
  /** For the log: an error code or a limit. Never text from the peer. */
  note?: string | undefined;
}

const { spec } = kitErrors.downstreamUnavailable;
const outOfTime = { ...spec, kind: 'timeout' } as const;

/**
 * A call to another service that came to nothing. It carries nothing of the HTTP client's own error, since that one
 * holds the request with its Authorization header.
 */
export class DownstreamError extends AppError {
  override readonly name = 'DownstreamError';
  readonly peer: string;
  readonly reason: DownstreamReason;
  readonly outcome: DownstreamOutcome;
  /** The peer's status; `status` itself is what this error is answered with. */
  readonly peerStatus: number | undefined;
  readonly note: string | undefined;

  constructor(failure: DownstreamFailure) {
    const { peer, reason, outcome, status, note } = failure;
    const isLate = reason === 'timeout' || reason === 'no_time';
    // The cause is for the log; the message, which the caller of this service sees, names nobody.
    const cause = new Error([peer, reason, status, note].filter((part) => part !== undefined).join(' '));
    super(isLate ? outOfTime : spec, { cause, retryAfterSeconds: isLate ? undefined : 1 });
    this.peer = peer;
    this.reason = reason;
    this.outcome = outcome;
    this.peerStatus = status;
    this.note = note;
  }

  /** The same failure after an earlier attempt whose outcome nobody knows. */
  afterUnknownOutcome(): DownstreamError {
    if (this.outcome === 'unknown') return this;
    const { peer, reason, note } = this;
    return new DownstreamError({ peer, reason, outcome: 'unknown', status: this.peerStatus, note });
  }
}

const retryableStatuses: readonly (number | undefined)[] = [502, 503, 504];

/** Failures that another attempt may well not have. */
export const isRetryable = ({ reason, peerStatus }: DownstreamError): boolean =>
  reason === 'refused' || reason === 'timeout' || (reason === 'status' && retryableStatuses.includes(peerStatus));
