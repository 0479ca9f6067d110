import { toDurationText } from '@glasshouse/console/analysis/duration';
import { kindNames } from '@glasshouse/console/analysis/time-spent';
import { toVisibleText } from '@glasshouse/console/analysis/visible-text';
import type { Explanation } from '@glasshouse/console/analysis/why/explanation';
import type { StoryEntry } from '@glasshouse/console/analysis/why/story';

export interface PrintoutOptions {
  /** Characters per line. */
  readonly columns: number;
  readonly hasColors: boolean;
  /** Where the console is, so that links are whole; undefined: only its paths are printed. */
  readonly consoleUrl: string | undefined;
}

interface Pen {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const barColumns = 24;

/** The page for a terminal. What comes from logs and spans is made visible, so that none of it can steer the terminal. */
export const printExplanation = (explanation: Explanation, options: PrintoutOptions): string => {
  const pen = createPen(options.hasColors);
  const sections = [
    printHead(explanation, options, pen),
    printCause(explanation, pen),
    printStory(explanation, options, pen),
    printTime(explanation, pen),
    printAround(explanation, options, pen),
    printNext(explanation, options, pen),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
};

const createPen = (hasColors: boolean): Pen => {
  const paint = (code: number) => (text: string) =>
    hasColors && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: paint(1), dim: paint(2), red: paint(31), yellow: paint(33), cyan: paint(36) };
};

const printHead = (
  { verdict, headline, asked, order, traces, gaps }: Explanation,
  { columns }: PrintoutOptions,
  pen: Pen,
): string[] => {
  const isBad = verdict === 'failed' || verdict === 'unfinished' || verdict === 'unknown';
  const paint = isBad ? pen.red : verdict === 'fine' ? pen.cyan : pen.yellow;
  const lines = wrap(clean(headline), columns).map(paint);
  if (asked !== undefined) {
    const answer = asked.status === undefined ? '' : `, answered ${asked.status}`;
    lines.push(
      '',
      `${pen.bold(clean(asked.name))} by ${asked.caller}${answer} after ${toDurationText(asked.durationUs)}`,
    );
    lines.push(`${toDateText(asked.atMs)} at ${clean(asked.service)}`);
    if (asked.requestId !== '') lines.push(`request ${clean(asked.requestId)}`);
  }
  if (traces[0] !== undefined) lines.push(`trace   ${traces[0].traceId}, ${traces[0].spans} spans`);
  if (order !== undefined) lines.push(`order   ${clean(order.number || order.id)} ${clean(order.state)}`);
  return [...lines, ...gaps.flatMap((gap) => wrap(`! ${gap}`, columns)).map(pen.yellow)];
};

const printCause = ({ cause, errors }: Explanation, pen: Pen): string[] => {
  if (cause === undefined) return [];
  const lines = [pen.bold('The first error, and what it led to'), pen.red(`  ${clean(cause.sentence)}`)];
  if (cause.message !== '') lines.push(`  "${clean(cause.message)}"`);
  for (const { service, name, code, fate, isFirst } of errors) {
    const mark = isFirst ? '>' : ' ';
    const text = `  ${mark} ${clean(service).padEnd(9)} ${clean(name)}${code === '' ? '' : `  ${clean(code)}`}`;
    lines.push(
      `${isFirst ? pen.red(text) : text}${fate === 'retried' ? pen.dim('  made good by another attempt') : ''}`,
    );
  }
  return lines;
};

const printStory = ({ story, traces }: Explanation, { columns }: PrintoutOptions, pen: Pen): string[] => {
  if (story.length === 0) return [];
  const focusId = traces[0]?.traceId ?? story[0]?.traceId;
  const lines = story.map((entry) => {
    const place = entry.traceId === focusId ? '' : `  in trace ${entry.traceId}`;
    const text = `  ${toTimeText(entry.atMs)}  ${clean(entry.service).padEnd(9)} ${toStoryText(entry)}`;
    const line = `${fit(text, columns - place.length)}`;
    const painted =
      entry.level === 'error' || (entry.kind === 'step' && entry.isError)
        ? pen.red(line)
        : entry.isError
          ? pen.yellow(line)
          : line;
    return painted + pen.dim(place);
  });
  return [pen.bold('What happened, in order'), ...lines];
};

const toStoryText = ({ kind, text, code, durationUs, isError, count, untilMs }: StoryEntry): string => {
  if (kind === 'step')
    return `[${clean(text)}] ${isError ? 'failed after' : 'took'} ${toDurationText(durationUs ?? 0)}`;
  const times = count > 1 ? `${count} times until ${toTimeText(untilMs)}: ` : '';
  return `${times}${clean(text)}${code === '' ? '' : ` ${clean(code)}`}`;
};

const printTime = ({ time, usual }: Explanation, pen: Pen): string[] => {
  if (time === undefined || time.totalUs === 0) return [];
  const like = usual === undefined ? '' : `, usually ${toDurationText(usual.medianUs)} (median of ${usual.count})`;
  const kinds = time.byKind.map(({ name, share }) => `${kindNames[name]} ${toPercent(share)}`).join(', ');
  const rows = time.bySpan.slice(0, 6).map(({ span, us, share }) => {
    const bar = '█'.repeat(Math.max(1, Math.round(share * barColumns)));
    const name = `${clean(span.service).padEnd(9)} ${clean(span.name)}`;
    return `  ${fit(name, 56).padEnd(56)} ${toDurationText(us).padStart(9)} ${toPercent(share).padStart(5)} ${pen.cyan(bar)}`;
  });
  return [pen.bold(`Where the time went: ${toDurationText(time.totalUs)}${like}`), `  ${kinds}`, ...rows];
};

const printAround = (
  { warnings, breakers, alerts, similar }: Explanation,
  { columns }: PrintoutOptions,
  pen: Pen,
): string[] => {
  const lines = warnings.slice(0, 8).map(({ service, fact, code, text, count, isOwn, level }) => {
    const line = fit(
      `  ${isOwn ? 'own  ' : 'other'}  ${clean(service).padEnd(9)} ${clean(`${fact} ${code}`.trim())}${count > 1 ? ` x${count}` : ''}: ${clean(text)}`,
      columns,
    );
    return level === 'error' ? pen.red(line) : line;
  });
  for (const { service, peer, state } of breakers)
    lines.push(pen.red(`  circuit breaker ${state}: ${clean(service)} to ${clean(peer)}`));
  for (const { name, severity, service } of alerts)
    lines.push(pen.red(`  alert firing: ${clean(name)} ${clean(`${severity} ${service}`)}`));
  if (similar.length > 0) {
    const ids = similar.slice(0, 3).map(({ traceId }) => traceId);
    lines.push(
      `  ${similar.length} similar ${similar.length === 1 ? 'failure' : 'failures'} in the last hour: ${ids.join(', ')}${similar.length > 3 ? ', …' : ''}`,
    );
  }
  return lines.length === 0 ? [] : [pen.bold('Around it'), ...lines];
};

const printNext = ({ next }: Explanation, { consoleUrl }: PrintoutOptions, pen: Pen): string[] => {
  if (next.length === 0) return [];
  const lines = next.flatMap(({ text, href }) => [
    `  ${clean(text)}`,
    ...(href === undefined
      ? []
      : [pen.cyan(`    ${href.startsWith('/') ? `${consoleUrl ?? ''}${href}` : clean(href)}`)]),
  ]);
  return [pen.bold('What next'), ...lines];
};

const clean = (text: string): string => toVisibleText(text);

const toPercent = (share: number): string => `${Math.round(share * 100)} %`;

const fit = (text: string, columns: number): string =>
  text.length > columns ? `${text.slice(0, Math.max(1, columns - 1))}…` : text;

const wrap = (text: string, columns: number): string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
};

const two = (value: number): string => String(value).padStart(2, '0');

const toTimeText = (atMs: number): string => {
  const at = new Date(atMs);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
};

const toDateText = (atMs: number): string => {
  const at = new Date(atMs);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${toTimeText(atMs)}`;
};
