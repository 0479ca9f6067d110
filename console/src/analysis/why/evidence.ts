import type { Backend } from '../../queries/backend-error.js';
import type { LogLine } from '../log-line.js';
import type { Trace } from '../trace.js';
import type { Subject } from './subject.js';

/** A circuit breaker that was not closed. */
export interface Breaker {
  /** Who stopped calling. */
  readonly service: string;
  /** Whom. */
  readonly peer: string;
  readonly state: 'open' | 'half-open';
}

export interface FiringAlert {
  readonly name: string;
  readonly severity: string;
  readonly service: string;
  /** A sentence for a person; empty if the rule has none. */
  readonly summary: string;
  /** Its address as the rule gives it; empty if it has none. */
  readonly runbook: string;
}

/** All that could be found out about one request or order, before anybody draws a conclusion. */
export interface Evidence {
  /** What was pasted. */
  readonly text: string;
  /** As what it was found. Undefined: nothing was found. */
  readonly subject: Subject | undefined;
  /** Where it was looked for, each in a few words. */
  readonly looked: readonly string[];
  /** The one that it is about first, then the others about the same order by time. */
  readonly traces: readonly Trace[];
  /** The log lines of those traces, oldest first. */
  readonly lines: readonly LogLine[];
  /** There are more lines than these. */
  readonly areLinesCut: boolean;
  /** Warnings and errors at that time that belong to other requests or to none. */
  readonly around: readonly LogLine[];
  readonly breakers: readonly Breaker[];
  readonly alerts: readonly FiringAlert[];
  /** Traces of the last hour in which the same span failed. */
  readonly similar: readonly Trace[];
  /** Recent traces of the same request, to compare with. */
  readonly peers: readonly Trace[];
  readonly unavailable: readonly { readonly backend: Backend; readonly message: string }[];
}
