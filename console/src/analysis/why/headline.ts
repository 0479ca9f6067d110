import { toDurationText } from '../duration.js';
import { textField } from '../log-line.js';
import type { TimeSpent } from '../time-spent.js';
import type { Cause } from './cause.js';
import type { Evidence } from './evidence.js';
import type { Asked, Explanation, OrderSeen, Verdict } from './explanation.js';

/** What the conclusions so far are drawn from. */
export interface Findings {
  readonly evidence: Evidence;
  readonly asked: Asked | undefined;
  readonly order: OrderSeen | undefined;
  readonly cause: Cause | undefined;
  readonly usual: Explanation['usual'];
  readonly time: TimeSpent | undefined;
}

/** An order at one of these has come to its end. */
const endStates = ['CONFIRMED', 'CANCELLED'];

/** Slower than this is not noise. */
const slow = { ratio: 3, us: 100_000 };

export const toVerdict = ({ evidence, asked, order, cause, usual }: Findings): Verdict => {
  if (asked === undefined) return 'unknown';
  const { status = 0 } = asked;
  const isAtEnd = endStates.includes(order?.state ?? '');
  // What was only accepted, and what failed, may have been brought to its end all the same; a recovery may try again.
  const isLeft =
    status === 202 || status >= 500 || (asked.status === undefined && order !== undefined && cause !== undefined);
  if (isLeft && isAtEnd && endedLater(evidence) !== undefined) return 'recovered';
  if (isLeft && status < 500) return isAtEnd ? 'survived' : 'unfinished';
  if (status >= 500 || cause?.fate === 'failed') return 'failed';
  if (status >= 400) return 'refused';
  if (cause !== undefined) return 'survived';
  const isSlow = usual !== undefined && asked.durationUs > usual.medianUs * slow.ratio;
  return isSlow && asked.durationUs - usual.medianUs > slow.us ? 'slow' : 'fine';
};

/** The line that tells of the order's end in another trace than the one asked about. */
const endedLater = ({ traces: [focus], lines }: Evidence) =>
  lines.find(
    (line) => line.traceId !== focus?.traceId && endStates.includes(textField(line, 'glasshouse.order.state')),
  );

export const toHeadline = (verdict: Verdict, findings: Findings): string => {
  const { evidence, asked, order, cause, usual, time } = findings;
  if (evidence.subject === undefined) return 'Nothing was found.';
  if (asked === undefined) return 'Too little is left to tell what was asked.';
  const because = cause === undefined ? '' : ` ${toSentence(cause.sentence)}${toBefore(cause)}`;
  const answer = `${asked.name} ${asked.status === undefined ? 'took' : `was answered ${asked.status} after`} ${toDurationText(asked.durationUs)}.`;
  switch (verdict) {
    case 'failed':
      return `${asked.name} failed${asked.status === undefined ? '' : ` with ${asked.status}`}.${because}`;
    case 'unfinished':
      return `${answer} The order has not come to its end yet${order?.state ? `: it is ${order.state}` : ''}.${because}`;
    case 'recovered':
      return `${answer}${because} ${toRecovery(findings)}`;
    case 'refused':
      return `${asked.name} was refused with ${asked.status}${toRefusalCode(evidence)}.${because}`;
    case 'survived':
      return `${answer} It went well in spite of an error.${because}`;
    case 'slow': {
      const [longest] = time?.bySpan ?? [];
      const most =
        longest && ` Most of it, ${toDurationText(longest.us)}, went to ${longest.span.service} ${longest.span.name}.`;
      return `${answer} Usually it takes ${toDurationText(usual?.medianUs ?? 0)}.${most ?? ''}`;
    }
    case 'fine':
      return `${answer} Nothing went wrong.`;
    case 'unknown':
      return 'Too little is left to tell what was asked.';
  }
};

const toSentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const toBefore = ({ service, before }: Cause): string =>
  before === undefined ? '' : ` Before, ${service} had failed with ${before.code}.`;

const toRecovery = ({ evidence, asked, order }: Findings): string => {
  const end = endedLater(evidence);
  const name = `order ${order?.number ?? ''}`.trim();
  if (end === undefined || asked === undefined) return `In the end ${name} was ${order?.state ?? 'done'}.`;
  const lateMs = end.atMs - asked.atMs - asked.durationUs / 1_000;
  return `A recovery brought ${name} to ${textField(end, 'glasshouse.order.state')} ${toDurationText(Math.max(0, lateMs) * 1_000)} later.`;
};

/** The code that the outermost service answered with. */
export const refusalCode = ({ traces: [focus], lines }: Evidence): string => {
  const answers = lines.filter(
    ({ fact, traceId }) => fact === 'http.request' && (focus === undefined || traceId === focus.traceId),
  );
  return answers.map((line) => textField(line, 'error.code')).findLast(Boolean) ?? '';
};

const toRefusalCode = (evidence: Evidence): string => {
  const code = refusalCode(evidence);
  return code === '' ? '' : ` ${code}`;
};
