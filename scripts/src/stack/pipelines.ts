import { parse } from 'yaml';

/**
 * Fluentd's configuration by its public grammar (docs.fluentd.org/configuration/config-file): sections open and close in
 * order, plugins have a type, and what is written to Elasticsearch is what a data stream takes.
 */
export const checkFluentd = (text: string): string[] => {
  const problems: string[] = [];
  const open: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const opened = /^<(\w+)( [^>]+)?>$/.exec(line)?.[1];
    const closed = /^<\/(\w+)>$/.exec(line)?.[1];
    if (opened !== undefined) open.push(opened);
    else if (closed !== undefined && open.pop() !== closed)
      problems.push(`line ${index + 1}: </${closed}> closes nothing`);
    else if (closed === undefined && line !== '' && !/^(#|@?\w+( \S.*)?$)/.test(line))
      problems.push(`line ${index + 1}: ${line}`);
  }
  const sections = [...text.matchAll(/^( *)<(source|match|buffer)[^>]*>\n(.*?)^\1<\/\2>/gms)];
  const untyped = sections
    .filter((section) => !/^\s*@type \w+/m.test(section[3] ?? ''))
    .map((section) => `<${section[2]}> without @type`);
  return [
    ...problems,
    ...open.map((name) => `<${name}> is never closed`),
    ...untyped,
    ...missing(text, [
      'write_operation create',
      'id_key event.id',
      'index_name glasshouse-logs-default',
      '@type forward',
    ]),
  ];
};

/** Logstash's configuration: braces and quotes in order, the three parts, and the same document as Fluentd writes. */
export const checkLogstash = (text: string): string[] => {
  const bare = text.replaceAll(/^\s*#.*$/gm, '').replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const unbalanced = [
    ['{', '}'],
    ['[', ']'],
  ].flatMap(([opens = '', closes = '']) =>
    bare.split(opens).length === bare.split(closes).length ? [] : [`${opens} and ${closes} do not match`],
  );
  return [
    ...unbalanced,
    ...['input', 'filter', 'output']
      .filter((part) => !new RegExp(`^${part} \\{`, 'm').test(bare))
      .map((part) => `no ${part}`),
    ...missing(text, ['action => "create"', 'document_id => "%{[event.id]}"', 'index => "glasshouse-logs-default"']),
  ];
};

export const checkFilebeat = (text: string): string[] => {
  const config = parse(text) as Readonly<Record<string, unknown>>;
  const inputs = config['filebeat.inputs'] as readonly {
    readonly id?: string;
    readonly include_lines?: readonly string[];
  }[];
  const sample = '{"@timestamp":"2026-01-01T00:00:00.000Z","log.level":"info"}';
  return [
    ...inputs.filter(({ id }) => id === undefined).map(() => 'an input without an id sends everything twice'),
    ...inputs
      .flatMap(({ include_lines: patterns = [] }) => patterns)
      .filter((pattern) => !new RegExp(pattern).test(sample))
      .map((pattern) => `${pattern} does not match our lines`),
    ...(config['output.logstash'] === undefined ? ['no output.logstash'] : []),
  ];
};

const missing = (text: string, wanted: readonly string[]): string[] =>
  wanted.filter((one) => !text.includes(one)).map((one) => `no ${one}`);
