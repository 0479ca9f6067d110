export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** The trace an OpenMetrics exemplar points at. */
  readonly exemplarTraceId?: string | undefined;
}

const samplePattern = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>[^}]*)\})? (?<value>\S+)(?<rest>.*)$/;
const labelPattern = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads the samples of a scrape in Prometheus text or OpenMetrics form; enough for what a test asserts. */
export const parseMetrics = (text: string): MetricSample[] =>
  text.split('\n').flatMap((line) => {
    const groups = line.startsWith('#') ? undefined : samplePattern.exec(line)?.groups;
    if (groups === undefined) return [];
    const labels = Object.fromEntries(
      [...(groups.labels ?? '').matchAll(labelPattern)].map(([, key, value]) => [key ?? '', value ?? '']),
    );
    const exemplarTraceId = /trace_id="([0-9a-f]+)"/.exec(groups.rest ?? '')?.[1];
    return [{ name: groups.name ?? '', labels, value: Number(groups.value), exemplarTraceId }];
  });
