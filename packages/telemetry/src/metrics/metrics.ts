import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { HistogramOptions, Labels, MetricOptions, Metrics, SpanReference } from '../types.js';
import { chooseFormat, contentTypes, renderRegistry } from './exposition.js';
import { type CheckedLabels, createLabelGate, type LabelGate } from './label-gate.js';

const MAX_SERIES = 2_000;
/** What Node's own metrics and the refusal counter may take of them. */
const RESERVED_SERIES = 200;
const EVENT_LOOP_PRECISION_MS = 20;
const READ_TIMEOUT_MS = 1_000;

/** Seconds, from a cache hit to the longest deadline. */
const defaultBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
// A histogram adds +Inf, _sum and _count to its buckets.
const HISTOGRAM_EXTRAS = 3;

const isNumber = (value: number): boolean => Number.isFinite(value);

const withTimeout = async (read: () => number | Promise<number>): Promise<number> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<number>((_, reject) => {
    timer = setTimeout(() => reject(new Error('late')), READ_TIMEOUT_MS).unref();
  });
  try {
    return await Promise.race([read(), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** One registry, with Node's own metrics in it. `activeSpan` gives histograms their exemplars. */
export const createMetrics = (activeSpan: () => SpanReference | undefined): Metrics => {
  const registry = new Registry();
  // prom-client allows exemplars only in registries of this type.
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as typeof registry.contentType);
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS });
  const refused = new Counter({
    name: 'metric_samples_refused_total',
    help: 'Samples dropped for a label value outside its closed set, a value that is no number, or too many series.',
    labelNames: ['metric'],
    registers,
  });
  const reads: (() => Promise<void>)[] = [];
  let series = RESERVED_SERIES;

  const takeSeries = (count: number): boolean => {
    if (series + count > MAX_SERIES) return false;
    series += count;
    return true;
  };

  const refuse = (metric: string) => refused.inc({ metric });

  /** What every kind of metric shares: `write` runs with checked labels, or the refusal is counted. */
  const guard = (options: MetricOptions, seriesPerCombination: number) => {
    const gate: LabelGate = createLabelGate(options.labels ?? {}, seriesPerCombination, takeSeries);
    const settings = {
      name: options.name,
      help: options.help,
      labelNames: Object.keys(options.labels ?? {}),
      registers,
    };
    const write = (isValid: boolean, labels: Labels | undefined, record: (checked: CheckedLabels) => void) => {
      const checked = isValid ? gate.check(labels) : undefined;
      if (checked === undefined) refuse(options.name);
      else record(checked);
    };
    return { settings, write, admit: gate.admit };
  };

  return {
    counter(options) {
      if (!options.name.endsWith('_total')) throw new TypeError(`counter ${options.name} must end in _total`);
      const { settings, write, admit } = guard(options, 1);
      const counter = new Counter(settings);
      return {
        admit,
        inc: (labels, by = 1) => write(isNumber(by) && by >= 0, labels, (checked) => counter.inc(checked, by)),
      };
    },
    gauge(options) {
      const { settings, write, admit } = guard(options, 1);
      const gauge = new Gauge(settings);
      return {
        admit,
        set: (value, labels) => write(isNumber(value), labels, (checked) => gauge.set(checked, value)),
        inc: (labels) => write(true, labels, (checked) => gauge.inc(checked)),
        dec: (labels) => write(true, labels, (checked) => gauge.dec(checked)),
      };
    },
    observableGauge(options, read) {
      if (options.labels !== undefined) throw new TypeError(`observable gauge ${options.name} cannot have labels`);
      const { settings, write } = guard(options, 1);
      const gauge = new Gauge(settings);
      reads.push(async () => {
        const value = await withTimeout(read).catch(() => Number.NaN);
        // No sample is better than an old one.
        if (!isNumber(value)) gauge.remove();
        write(isNumber(value), undefined, () => gauge.set(value));
      });
    },
    histogram(options: HistogramOptions) {
      const buckets = [...(options.buckets ?? defaultBuckets)];
      const { settings, write, admit } = guard(options, buckets.length + HISTOGRAM_EXTRAS);
      const histogram = new Histogram({ ...settings, buckets, enableExemplars: true });
      return {
        admit,
        observe: (value, labels) =>
          write(isNumber(value), labels, (checked) => {
            const span = activeSpan();
            if (span?.sampled !== true) histogram.observe({ labels: checked, value });
            else histogram.observe({ labels: checked, value, exemplarLabels: { trace_id: span.traceId } });
          }),
      };
    },
    async render(accept) {
      await Promise.all(reads.map((read) => read()));
      const format = chooseFormat(accept);
      return { contentType: contentTypes[format], body: await renderRegistry(registry, format) };
    },
  };
};
