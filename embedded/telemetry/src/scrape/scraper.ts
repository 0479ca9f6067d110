import { Agent, get } from 'node:http';
import type { MetricStore, SeriesWriter } from '../store/metrics.js';
import type { Labels } from '../store/metrics-labels.js';
import { createMetadataStore, type Metadata, type MetadataStore } from './metadata.js';
import { parseExposition, parseSeries } from './parse.js';

export interface ScrapeTarget {
  service: string;
  /** Of the admin port, or the whole address of its metrics. */
  url: string;
}

interface TargetState {
  service: string;
  scrapeUrl: string;
  labels: Labels;
  health: 'unknown' | 'up' | 'down';
  /** Epoch milliseconds; 0 before the first scrape. */
  lastScrape: number;
  durationS: number;
  error: string;
}

export interface Scraper {
  start(): void;
  stop(): Promise<void>;
  /** As Prometheus' API tells of them. */
  targets(): object[];
  /** What the services say of their families of metrics. */
  metadata(): ReadonlyMap<string, Metadata>;
}

const scrapeIntervalMs = 1_000;
const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';

export interface ScraperOptions {
  targets: readonly ScrapeTarget[];
  metrics: MetricStore;
  maxBodyBytes: number;
  now: () => number;
}

/** Reads every target's metrics each second; a scrape that is still running is not started again. */
export const createScraper = ({ targets, metrics, maxBodyBytes, now }: ScraperOptions): Scraper => {
  const running = new Map<Promise<void>, AbortController>();
  const agent = new Agent({ keepAlive: true });
  const metadata = createMetadataStore();
  let isStopping = false;
  const timers: NodeJS.Timeout[] = [];

  const watched = targets.map(({ service, url }) => {
    const address = new URL(url);
    if (address.pathname === '/') address.pathname = '/metrics';
    const labels = { job: service, instance: address.host };
    const state: TargetState = {
      service,
      scrapeUrl: address.href,
      labels,
      health: 'unknown',
      lastScrape: 0,
      durationS: 0,
      error: '',
    };
    return { state, writer: metrics.createWriter(), isBusy: false };
  });

  const scrape = async ({ state, writer }: (typeof watched)[number], signal: AbortSignal): Promise<void> => {
    const startedAt = now();
    const started = performance.now();
    let samples = 0;
    writer.begin(startedAt);
    try {
      const text = await read(state.scrapeUrl, { agent, signal, maxBytes: maxBodyBytes });
      samples = write({ writer, metadata }, text, state.labels);
      state.error = '';
    } catch (error) {
      if (isStopping) return;
      state.error = describe(error);
    }
    state.health = state.error === '' ? 'up' : 'down';
    state.lastScrape = startedAt;
    state.durationS = (performance.now() - started) / 1_000;
    const own = {
      up: state.health === 'up' ? 1 : 0,
      scrape_duration_seconds: state.durationS,
      scrape_samples_scraped: samples,
    };
    for (const [name, value] of Object.entries(own))
      writer.sample(name, () => ({ __name__: name, ...state.labels }), value);
    writer.finish();
  };

  const tick = (): void => {
    for (const target of watched) {
      if (target.isBusy) continue;
      target.isBusy = true;
      const cancel = new AbortController();
      const timeout = setTimeout(() => cancel.abort(new Error('context deadline exceeded')), scrapeIntervalMs);
      const work = scrape(target, cancel.signal).finally(() => {
        clearTimeout(timeout);
        target.isBusy = false;
        running.delete(work);
      });
      running.set(work, cancel);
    }
  };

  return {
    targets: () => watched.map(({ state }) => describeTarget(state)),
    metadata: metadata.all,
    start() {
      tick();
      timers.push(setInterval(tick, scrapeIntervalMs));
    },
    async stop() {
      for (const timer of timers) clearInterval(timer);
      isStopping = true;
      for (const cancel of running.values()) cancel.abort();
      await Promise.all(running.keys());
      agent.destroy();
    },
  };
};

const describeTarget = ({ service, scrapeUrl, labels, health, lastScrape, durationS, error }: TargetState): object => ({
  discoveredLabels: {},
  labels,
  scrapePool: service,
  scrapeUrl,
  globalUrl: scrapeUrl,
  lastError: error,
  lastScrape: new Date(lastScrape).toISOString(),
  lastScrapeDuration: durationS,
  health,
  scrapeInterval: `${scrapeIntervalMs / 1_000}s`,
  scrapeTimeout: `${scrapeIntervalMs / 1_000}s`,
});

// Not by fetch, which refuses some ports by itself.
const read = (url: string, options: { agent: Agent; signal: AbortSignal; maxBytes: number }): Promise<string> =>
  new Promise((resolve, reject) => {
    const { agent, signal, maxBytes } = options;
    const request = get(url, { agent, signal, headers: { accept } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length <= maxBytes) return;
        reject(new Error(`the body is larger than ${maxBytes} bytes`));
        response.destroy();
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`server returned HTTP status ${response.statusCode}`));
      });
    });
    request.on('error', reject);
  });

interface Receivers {
  writer: SeriesWriter;
  metadata: MetadataStore;
}

// All or nothing: a body that breaks off in the middle must not look like a service whose series are gone.
const write = ({ writer, metadata }: Receivers, text: string, target: Labels): number => {
  const samples: [string, number][] = [];
  const exemplars: Parameters<SeriesWriter['exemplar']>[] = [];
  parseExposition(text, {
    sample: (series, value) => samples.push([series, value]),
    exemplar: (series, exemplar) => exemplars.push([series, exemplar]),
    metadata: metadata.tell,
  });
  for (const [series, value] of samples) writer.sample(series, () => describeSeries(series, target), value);
  for (const [series, exemplar] of exemplars) writer.exemplar(series, exemplar);
  return samples.length;
};

// A label that the target itself carries gives way, as in Prometheus.
const describeSeries = (series: string, target: Labels): Labels => {
  const { name, labels } = parseSeries(Buffer.from(series).toString());
  const own = Object.entries(labels).map(([key, value]) => [key in target ? `exported_${key}` : key, value]);
  return { __name__: name, ...Object.fromEntries(own), ...target };
};

const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown error';
  const cause = error.cause;
  return cause instanceof Error ? cause.message : error.message;
};
