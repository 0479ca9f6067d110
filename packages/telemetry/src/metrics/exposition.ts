import type { Registry } from 'prom-client';

export type Format = 'text' | 'openmetrics';

export const contentTypes: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

interface Sample {
  labels: Readonly<Record<string, string | number>>;
  value: number;
  metricName?: string | undefined;
  exemplar?: { labelSet: Record<string, string>; value: number; timestamp: number } | null | undefined;
}

interface Family {
  name: string;
  help: string;
  type: string;
  values: readonly Sample[];
}

/** OpenMetrics if the Accept header names it, else the text format, which everything reads. */
export const chooseFormat = (accept: string | undefined): Format =>
  /application\/openmetrics-text(?!\s*;[^,]*q=0(?:\.0*)?\s*(?:[,;]|$))/i.test(accept ?? '') ? 'openmetrics' : 'text';

const escapeHelp = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
// Hardly any label value needs it, and there are thousands.
const escapeLabel = (text: string) => (/[\\\n"]/.test(text) ? escapeHelp(text).replaceAll('"', '\\"') : text);

const formatNumber = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
};

const formatLabels = (labels: Sample['labels']): string => {
  let text = '';
  for (const name in labels) text += `${text === '' ? '{' : ','}${name}="${escapeLabel(String(labels[name]))}"`;
  return text === '' ? '' : `${text}}`;
};

const formatExemplar = ({ exemplar }: Sample): string => {
  if (exemplar === null || exemplar === undefined) return '';
  return ` # ${formatLabels(exemplar.labelSet)} ${formatNumber(exemplar.value)} ${exemplar.timestamp}`;
};

// OpenMetrics names a counter's family without the suffix of its samples; the text format with it.
const familyName = (family: Family, format: Format) =>
  format === 'openmetrics' && family.type === 'counter' ? family.name.replace(/_total$/, '') : family.name;

const formatFamily = (family: Family, format: Format): string => {
  const name = familyName(family, format);
  const help = format === 'text' ? escapeHelp(family.help) : escapeLabel(family.help);
  let text = `# HELP ${name} ${help}\n# TYPE ${name} ${family.type}\n`;
  for (const sample of family.values) {
    const exemplar = format === 'text' ? '' : formatExemplar(sample);
    text += `${sample.metricName ?? family.name}${formatLabels(sample.labels)} ${formatNumber(sample.value)}${exemplar}\n`;
  }
  return text;
};

/**
 * Both formats from one registry. prom-client's own renderer can only do one of them: in OpenMetrics it renames the
 * counters for good, and its text format has no way to leave exemplars out.
 * https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export const renderRegistry = async (registry: Registry, format: Format): Promise<string> => {
  let text = '';
  for (const metric of registry.getMetricsAsArray()) {
    const family = (await (metric as unknown as { get(): Promise<Family> }).get()) as Family;
    text += formatFamily(family, format);
  }
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
};
