import { errorsInCausalOrder, firstError, type TraceError } from '../causes.js';
import { type LogLine, textField } from '../log-line.js';
import { similarFailures } from '../similar.js';
import { timeSpent } from '../time-spent.js';
import { type Trace, textTag } from '../trace.js';
import { summarize } from '../trace-search.js';
import { buildTree, mainRoot } from '../tree.js';
import { type Cause, toCause, toCauseByLines } from './cause.js';
import type { Evidence } from './evidence.js';
import type { Asked, ErrorSeen, Explanation, OrderSeen, RelatedTrace } from './explanation.js';
import { findGaps } from './gaps.js';
import { toHeadline, toVerdict } from './headline.js';
import { nextSteps } from './next-steps.js';
import { tellStory } from './story.js';
import { groupWarnings } from './warnings.js';

/** Draws the conclusions from what was found. Pure: the same evidence gives the same page and the same printout. */
export const explain = (evidence: Evidence): Explanation => {
  const { traces, lines } = evidence;
  const [focus] = traces;
  const analysed = traces.map((trace) => ({ trace, errors: errorsInCausalOrder(buildTree(trace)) }));
  // What went wrong in the request itself comes first; a recovery that failed is only looked at if the request did not.
  const guilty = analysed.find(({ errors }) => errors.length > 0);
  const first = guilty && firstError(guilty.errors);
  const cause = toFirstCause(evidence, guilty?.trace, first);
  const asked = findAsked(evidence);
  const order = findOrder(evidence);
  const usual = findUsual(evidence.peers);
  const time = focus && timeSpent(buildTree(focus));
  const found = { evidence, asked, order, cause, usual, time };
  const verdict = toVerdict(found);
  const similar = first === undefined ? [] : similarFailures(first, evidence.similar);
  return {
    text: evidence.text,
    subject: evidence.subject,
    looked: evidence.looked,
    verdict,
    headline: toHeadline(verdict, found),
    asked,
    order,
    cause,
    errors: guilty?.errors.map((error) => toErrorSeen(guilty.trace, error, first)) ?? [],
    story: tellStory(traces, lines),
    time,
    usual,
    warnings: groupWarnings(evidence),
    breakers: evidence.breakers,
    alerts: evidence.alerts,
    similar: similar
      .filter(({ traceId }) => !traces.some((own) => own.traceId === traceId))
      .map(({ traceId, startUs }) => ({ traceId, startUs })),
    next: nextSteps(verdict, found),
    traces: traces.map((trace, index) => toRelated(trace, index === 0)),
    gaps: findGaps(evidence),
    unavailable: evidence.unavailable,
  };
};

const toFirstCause = (
  { traces, lines, around, breakers }: Evidence,
  trace: Trace | undefined,
  first: TraceError | undefined,
): Cause | undefined => {
  if (trace !== undefined && first !== undefined) {
    const own = lines.filter(({ traceId }) => traceId === trace.traceId);
    return toCause(first, { traceId: trace.traceId, lines: own, around, breakers });
  }
  return traces.length === 0 ? toCauseByLines(lines) : undefined;
};

const findAsked = ({ traces: [focus], lines }: Evidence): Asked | undefined => {
  const root = focus && mainRoot(buildTree(focus))?.span;
  const focusId = focus?.traceId ?? lines[0]?.traceId;
  const own = lines.filter(({ traceId }) => traceId === focusId);
  const caller = own.some((line) => textField(line, 'user.id') !== '')
    ? 'a logged-in user'
    : 'somebody without a login';
  if (focus !== undefined && root !== undefined) {
    const isRequest = textTag(root, 'span.kind') === 'server';
    const status = root.tags['http.status_code'];
    return {
      name: root.name,
      service: root.service,
      caller: isRequest ? caller : `${root.service} itself`,
      status: status === undefined ? undefined : Number(status),
      atMs: focus.startUs / 1_000,
      durationUs: root.durationUs,
      requestId: textTag(root, 'request.id') || own.map((line) => textField(line, 'request.id')).find(Boolean) || '',
    };
  }
  // The outermost service took the longest.
  const durationOf = (line: LogLine): number => Number(line.fields['event.duration'] ?? 0);
  const answers = own.filter(({ fact }) => fact === 'http.request').sort((a, b) => durationOf(b) - durationOf(a));
  const [answer] = answers;
  if (answer === undefined) return undefined;
  const durationUs = durationOf(answer) / 1_000;
  return {
    name: `${textField(answer, 'http.request.method')} ${textField(answer, 'http.route')}`,
    service: answer.service,
    caller,
    status: Number(answer.fields['http.response.status_code']),
    atMs: answer.atMs - durationUs / 1_000,
    durationUs,
    requestId: textField(answer, 'request.id'),
  };
};

const findOrder = ({ traces, lines }: Evidence): OrderSeen | undefined => {
  const find = (name: string): string =>
    lines.map((line) => textField(line, name)).find(Boolean) ??
    traces.flatMap(({ spans }) => spans.map((span) => textTag(span, name))).find(Boolean) ??
    '';
  const [id, number] = [find('glasshouse.order.id'), find('glasshouse.order.number')];
  if (id === '' && number === '') return undefined;
  const told = lines.filter((line) => textField(line, 'glasshouse.order.state') !== '').at(-1);
  return { id, number, state: told === undefined ? '' : textField(told, 'glasshouse.order.state') };
};

/** The median of those that went well, and the latest of them to compare with. */
const findUsual = (peers: readonly Trace[]): Explanation['usual'] => {
  const good = peers.map(summarize).filter(({ errors, status = 0 }) => errors === 0 && status < 400);
  const byDuration = good.map(({ durationUs }) => durationUs).sort((a, b) => a - b);
  const medianUs = byDuration[Math.floor(byDuration.length / 2)];
  const [latest] = good.map(({ trace }) => trace).sort((a, b) => b.startUs - a.startUs);
  if (medianUs === undefined || latest === undefined) return undefined;
  return { medianUs, count: good.length, traceId: latest.traceId };
};

const toErrorSeen = (trace: Trace, error: TraceError, first: TraceError | undefined): ErrorSeen => ({
  service: error.node.span.service,
  name: error.node.span.name,
  code: error.code,
  message: error.message,
  fate: error.fate,
  traceId: trace.traceId,
  spanId: error.node.span.spanId,
  isFirst: error === first,
});

const toRelated = (trace: Trace, isFocus: boolean): RelatedTrace => {
  const { root, errors, durationUs } = summarize(trace);
  const isRequest = root !== undefined && textTag(root, 'span.kind') === 'server';
  return {
    traceId: trace.traceId,
    name: root?.name ?? '',
    service: root?.service ?? '',
    role: isFocus ? 'asked about' : isRequest ? 'other request' : 'recovery',
    startUs: trace.startUs,
    durationUs,
    spans: trace.spans.length,
    errors,
  };
};
