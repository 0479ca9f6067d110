export interface Exemplar {
  labels: Readonly<Record<string, string>>;
  value: number;
  /** Epoch seconds; absent if the service did not say. */
  timestamp: number | undefined;
}

export interface SampleSink {
  /** `series` is the name with its labels as written; the same series is always written the same way by one service. */
  sample(series: string, value: number): void;
  exemplar(series: string, exemplar: Exemplar): void;
  /** What a comment says of a family. */
  metadata(family: string, field: 'type' | 'help' | 'unit', text: string): void;
}

/**
 * Reads the Prometheus text format 0.0.4 and OpenMetrics 1.0. Other comments are skipped; a line that is not a sample
 * throws. Series are not taken apart here: a scrape repeats them, and the receiver knows them already.
 */
export const parseExposition = (text: string, sink: SampleSink): void => {
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    if (end > start && text[start] !== '#') parseLine(text.slice(start, end), sink);
    else if (end > start) parseComment(text.slice(start, end), sink);
    start = end + 1;
  }
};

const fields: Readonly<Record<string, 'type' | 'help' | 'unit'>> = { TYPE: 'type', HELP: 'help', UNIT: 'unit' };

const parseComment = (line: string, sink: SampleSink): void => {
  const [, field = '', family = '', text = ''] = /^# (TYPE|HELP|UNIT) (\S+) (.*)$/.exec(line) ?? [];
  const known = fields[field];
  if (known)
    sink.metadata(
      family,
      known,
      text.replace(/\\([\\n"])/g, (_, char: string) => (char === 'n' ? '\n' : char)),
    );
};

const parseLine = (line: string, sink: SampleSink): void => {
  const brace = line.indexOf('{');
  const space = line.indexOf(' ');
  const end = brace >= 0 && brace < space ? endOfLabels(line, brace) : space;
  if (end <= 0) throw new SyntaxError('not a sample');
  const series = line.slice(0, end);
  const mark = line.indexOf(' # {', end);
  const [value, ...others] = line
    .slice(end, mark < 0 ? line.length : mark)
    .trim()
    .split(/ +/);
  if (others.length > 1) throw new SyntaxError('not a sample');
  sink.sample(series, parseNumber(value));
  if (mark < 0) return;
  const close = endOfLabels(line, mark + 3);
  const [exemplarValue, at] = line.slice(close).trim().split(/ +/);
  const labels = parseLabels(line.slice(mark + 4, close - 1));
  sink.exemplar(series, { labels, value: parseNumber(exemplarValue), timestamp: at ? parseNumber(at) : undefined });
};

// The position after the closing brace; braces inside quoted values do not count.
const endOfLabels = (line: string, open: number): number => {
  let at = open + 1;
  for (let isQuoted = false; at < line.length; at++) {
    const char = line[at];
    if (isQuoted && char === '\\') at++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (char === '}' && !isQuoted) return at + 1;
  }
  throw new SyntaxError('labels are not closed');
};

const special: Readonly<Record<string, number>> = {
  '+Inf': Number.POSITIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
  Nan: Number.NaN,
  NaN: Number.NaN,
};

const parseNumber = (text: string | undefined): number => {
  const value = special[text ?? ''] ?? Number(text || 'x');
  if (Number.isNaN(value) && text?.toLowerCase() !== 'nan') throw new SyntaxError('not a number');
  return value;
};

/** `a="b",c="d"`, with the escapes of the text format. Throws a SyntaxError on anything else. */
const parseLabels = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {};
  const label = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/suy;
  while (label.lastIndex < text.length) {
    const match = label.exec(text);
    if (match === null) throw new SyntaxError('not a list of labels');
    const [, name = '', value = ''] = match;
    labels[name] = value.replace(/\\(.)/gs, (_, char: string) => (char === 'n' ? '\n' : char));
  }
  return labels;
};

/** The name and the labels of a series as written. */
export const parseSeries = (series: string): { name: string; labels: Record<string, string> } => {
  const brace = series.indexOf('{');
  const name = brace < 0 ? series : series.slice(0, brace);
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new SyntaxError('not a metric name');
  return { name, labels: brace < 0 ? {} : parseLabels(series.slice(brace + 1, -1)) };
};
