import { printLogQuery } from '../log-query/print.js';
import type { LogQuery } from '../log-query/syntax.js';
import type { NextStep, Verdict } from './explanation.js';
import { type Findings, refusalCode } from './headline.js';

/** What to do and where to look now, the most useful first. */
export const nextSteps = (verdict: Verdict, findings: Findings): NextStep[] => {
  const { evidence, cause, usual } = findings;
  const [focus] = evidence.traces;
  const code = cause?.code || (verdict === 'refused' ? refusalCode(evidence) : '');
  const steps: NextStep[] = [];
  if (cause?.isInjected === true) {
    steps.push({
      text: `Somebody switched this failure on: DELETE /faults on ${cause.service}'s admin port switches it off.`,
    });
  }
  if (cause?.before !== undefined && cause.before.traceId !== '') {
    steps.push({ text: `Why ${cause.service} failed before that.`, href: `/why/${cause.before.traceId}` });
  }
  for (const { name, runbook } of evidence.alerts) {
    if (runbook !== '')
      steps.push({ text: `The alert ${name} is firing: follow its runbook.`, href: toRunbookPath(runbook) });
  }
  if (verdict === 'unfinished') {
    steps.push({
      text: 'The recovery tries again by itself, at most a minute apart; what it waits for must come back.',
    });
  }
  if (/^[a-z]+(_[a-z]+)+$/.test(code)) {
    steps.push({ text: `What ${code} means, and what to do about it.`, href: `/docs/errors#${code}` });
  }
  if (cause !== undefined && cause.traceId !== '' && evidence.traces.length > 0) {
    steps.push({ text: 'The span that failed first, in its trace.', href: toTracePath(cause.traceId, cause.spanId) });
  } else if (focus !== undefined) {
    steps.push({ text: 'The whole trace.', href: toTracePath(focus.traceId) });
  }
  if (focus !== undefined && usual !== undefined && usual.traceId !== focus.traceId && verdict !== 'fine') {
    const pair = `a=${usual.traceId}&b=${focus.traceId}`;
    steps.push({ text: 'Compare it with the latest one that went well.', href: `/traces/compare?${pair}` });
  }
  const query = toLogQuery(findings);
  if (query !== undefined) {
    const around = evidence.lines[0]?.atMs ?? 0;
    const range = `from=${Math.floor(around - 60_000)}&to=${Math.ceil((evidence.lines.at(-1)?.atMs ?? around) + 60_000)}`;
    steps.push({ text: 'All log lines of it.', href: `/logs?q=${encodeURIComponent(printLogQuery(query))}&${range}` });
  }
  return steps;
};

const toTracePath = (traceId: string, spanId?: string): string =>
  spanId ? `/traces/${traceId}?span=${spanId}` : `/traces/${traceId}`;

/** Rules name a runbook by its address or its file; the console shows the page of that name. */
const toRunbookPath = (runbook: string): string =>
  /runbooks\/([\w-]+)/.exec(runbook)?.[1] === undefined
    ? runbook
    : `/docs/runbooks/${/runbooks\/([\w-]+)/.exec(runbook)?.[1]}`;

/** An order's lines stand in several traces. */
const toLogQuery = ({ evidence: { lines, traces }, order }: Findings): LogQuery | undefined => {
  if (lines.length === 0) return undefined;
  if (order !== undefined && order.number !== '' && traces.length > 1) {
    return { kind: 'is', field: 'glasshouse.order.number', value: order.number };
  }
  const traceId = traces[0]?.traceId ?? lines[0]?.traceId;
  return traceId === undefined ? undefined : { kind: 'is', field: 'trace.id', value: traceId };
};
