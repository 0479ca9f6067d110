import type { Fate } from '../causes.js';
import type { TimeSpent } from '../time-spent.js';
import type { Cause } from './cause.js';
import type { Breaker, Evidence, FiringAlert } from './evidence.js';
import type { StoryEntry } from './story.js';
import type { Subject } from './subject.js';

/**
 * `failed`: it answered with an error of ours; `unfinished`: accepted, and not at its end; `recovered`: brought to its
 * end later; `refused`: the caller was told no; `survived`: it went well in spite of an error; `slow`: it took much
 * longer than usual; `unknown`: too little is left to tell.
 */
export type Verdict = 'failed' | 'unfinished' | 'recovered' | 'refused' | 'survived' | 'slow' | 'fine' | 'unknown';

/** What was asked, without anything about who asked but the kind. */
export interface Asked {
  /** `POST /api/orders`, or the name of a job. */
  readonly name: string;
  readonly service: string;
  /** `a logged-in user`. */
  readonly caller: string;
  /** Undefined: no HTTP, or not known. */
  readonly status: number | undefined;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly durationUs: number;
  readonly requestId: string;
}

export interface OrderSeen {
  readonly id: string;
  readonly number: string;
  /** The last state that a fact has told; empty if none has. */
  readonly state: string;
}

export interface ErrorSeen {
  readonly service: string;
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly fate: Fate;
  readonly traceId: string;
  readonly spanId: string;
  readonly isFirst: boolean;
}

/** Equal warnings and errors, told once. */
export interface Warning {
  readonly service: string;
  readonly level: string;
  readonly fact: string;
  readonly code: string;
  readonly text: string;
  readonly count: number;
  /** Epoch milliseconds. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** It was stated while working on this; others happened at the same time. */
  readonly isOwn: boolean;
}

export interface RelatedTrace {
  readonly traceId: string;
  readonly name: string;
  readonly service: string;
  readonly role: 'asked about' | 'recovery' | 'other request';
  readonly startUs: number;
  readonly durationUs: number;
  readonly spans: number;
  readonly errors: number;
}

export interface NextStep {
  readonly text: string;
  /** A path of the console; absent where there is nothing to open. */
  readonly href?: string;
}

/** Everything that the Why page and `npm run why` say. */
export interface Explanation {
  readonly text: string;
  readonly subject: Subject | undefined;
  readonly looked: Evidence['looked'];
  readonly verdict: Verdict;
  /** One or two sentences: what happened, and who caused it. */
  readonly headline: string;
  readonly asked: Asked | undefined;
  readonly order: OrderSeen | undefined;
  readonly cause: Cause | undefined;
  /** Of the trace with the cause, in causal order. */
  readonly errors: readonly ErrorSeen[];
  readonly story: readonly StoryEntry[];
  readonly time: TimeSpent | undefined;
  /** How long the same request takes otherwise. */
  readonly usual: { readonly medianUs: number; readonly count: number; readonly traceId: string } | undefined;
  readonly warnings: readonly Warning[];
  readonly breakers: readonly Breaker[];
  readonly alerts: readonly FiringAlert[];
  readonly similar: readonly { readonly traceId: string; readonly startUs: number }[];
  readonly next: readonly NextStep[];
  readonly traces: readonly RelatedTrace[];
  /** What is missing from this page, and why. */
  readonly gaps: readonly string[];
  readonly unavailable: Evidence['unavailable'];
}
