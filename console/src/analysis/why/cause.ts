import type { Fate, TraceError } from '../causes.js';
import { toDurationText } from '../duration.js';
import { type LogLine, textField } from '../log-line.js';
import { kindOf } from '../time-spent.js';
import { endOf, textTag } from '../trace.js';
import type { SpanNode } from '../tree.js';
import type { Breaker } from './evidence.js';

/** Who caused it, in a sentence and in parts. */
export interface Cause {
  /** The service to look at. */
  readonly service: string;
  /** `payment failed at PUT /internal/payments/:orderId: injected_fault`; begins with a service and has no full stop. */
  readonly sentence: string;
  /** The error's code; empty if nothing says one. */
  readonly code: string;
  /** The error's own message; empty if there is none. */
  readonly message: string;
  readonly fate: Fate | 'unknown';
  /** A fault that somebody has switched on, not a real failure. */
  readonly isInjected: boolean;
  readonly traceId: string;
  readonly spanId: string;
  /** The service was not even asked, because it had failed before: the failure that tells why. */
  readonly before: Before | undefined;
}

/** A failure of the same service in another request. */
export interface Before {
  readonly code: string;
  readonly traceId: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

interface Context {
  readonly traceId: string;
  /** Of this trace. */
  readonly lines: readonly LogLine[];
  /** Of others at that time, oldest first. */
  readonly around: readonly LogLine[];
  readonly breakers: readonly Breaker[];
}

/** Names the service behind the first error: the one that failed, or the one that a caller got no answer from. */
export const toCause = (error: TraceError, context: Context): Cause => {
  const { node, code, message, fate } = error;
  const { span } = node;
  const { service, sentence, isHeldBack = false } = blame(error, context);
  return {
    service,
    sentence,
    code,
    message,
    fate,
    isInjected: code === 'injected_fault' || [node, ...node.children].some(isFaulty),
    traceId: context.traceId,
    spanId: span.spanId,
    before: isHeldBack ? findBefore(service, endOf(span) / 1_000, context) : undefined,
  };
};

/** A fault that makes an answer late is told by the span of who answers, not of who gave up waiting. */
const isFaulty = ({ span }: SpanNode): boolean => span.tags['glasshouse.fault'] === true;

interface Blame {
  readonly service: string;
  readonly sentence: string;
  /** A circuit breaker kept the question back. */
  readonly isHeldBack?: boolean;
}

/** What the service failed with while it was still asked. */
const findBefore = (service: string, untilMs: number, { around }: Context): Before | undefined => {
  const line = around.findLast(
    (each) => each.service === service && each.atMs <= untilMs && textField(each, 'error.code') !== '',
  );
  return line && { code: textField(line, 'error.code'), traceId: line.traceId ?? '', atMs: line.atMs };
};

const blame = (error: TraceError, context: Context): Blame => {
  const { span } = error.node;
  const { service, name } = span;
  const peer = textTag(span, 'peer.service');
  if (kindOf(span) === 'database')
    return { service, sentence: withCode(`${service}'s database failed at ${name}`, error) };
  if (textTag(span, 'span.kind') === 'client' && peer !== '') {
    const callee = error.node.children[0]?.span;
    const wanted = callee?.service === peer ? callee.name : name;
    const what = reasonWords(textTag(span, 'error.type'), textTag(span, 'http.status_code'));
    const waited = `${service} waited ${toDurationText(span.durationUs)} for ${wanted}`;
    return { service: peer, sentence: `${peer} ${what} (${waited})` };
  }
  const silent = findSilentPeer(error, context);
  if (silent !== undefined) {
    const what = reasonWords(silent.reason, '');
    const isHeldBack = silent.reason === 'breaker_open';
    return { service: silent.peer, sentence: `${silent.peer} ${what} (${service}: ${name})`, isHeldBack };
  }
  return { service, sentence: withCode(`${service} failed at ${name}`, error) };
};

const withCode = (sentence: string, { code }: TraceError): string => (code === '' ? sentence : `${sentence}: ${code}`);

/**
 * A call that was never sent, because the circuit breaker was open or no time was left, has no span. The step that
 * wanted it failed all the same; its log lines or the breaker's state name the peer.
 */
const findSilentPeer = (
  { node, code }: TraceError,
  { lines, breakers }: Context,
): { readonly peer: string; readonly reason: string } | undefined => {
  if (code !== 'downstream_unavailable') return undefined;
  const ids = new Set<string>();
  for (let at: typeof node | undefined = node; at !== undefined; at = at.parent) ids.add(at.span.spanId);
  const line = lines.find((each) => ids.has(each.spanId ?? '') && textField(each, 'service.target.name') !== '');
  if (line !== undefined)
    return { peer: textField(line, 'service.target.name'), reason: textField(line, 'glasshouse.reason') };
  const breaker = breakers.find(({ service }) => service === node.span.service);
  return breaker && { peer: breaker.peer, reason: 'breaker_open' };
};

const reasonWords = (reason: string, status: string): string => {
  switch (reason) {
    case 'refused':
      return 'could not be reached';
    case 'timeout':
      return 'did not answer in time';
    case 'breaker_open':
      return 'was not asked, since its circuit breaker is open or too many calls wait for it';
    case 'no_time':
      return 'was not asked, since no time was left';
    case 'bad_answer':
      return 'gave an answer that could not be read';
    default:
      return status === '' ? 'gave no answer' : `answered ${status}`;
  }
};

/** Without a trace, the first line that states an error is the best there is. */
export const toCauseByLines = (lines: readonly LogLine[]): Cause | undefined => {
  const line = lines.find(
    (each) => (each.level === 'error' || each.level === 'warn') && textField(each, 'error.code') !== '',
  );
  if (line === undefined) return undefined;
  const code = textField(line, 'error.code');
  const at = textField(line, 'http.route');
  const peer = textField(line, 'service.target.name');
  return {
    service: peer || line.service,
    sentence:
      peer === ''
        ? `${line.service} failed${at === '' ? '' : ` at ${at}`}: ${code}`
        : `${peer} ${reasonWords(textField(line, 'glasshouse.reason'), '')} (${line.service})`,
    code,
    message: textField(line, 'error.message'),
    fate: 'unknown',
    isInjected: code === 'injected_fault',
    traceId: line.traceId ?? '',
    spanId: line.spanId ?? '',
    before: undefined,
  };
};
