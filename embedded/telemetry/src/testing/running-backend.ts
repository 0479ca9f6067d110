import { createTelemetryBackend, type Limits, type Ports } from '../backend.js';
import type { ScrapeTarget } from '../scrape/scraper.js';

export interface RunningBackend {
  ports: Ports;
  search(body: unknown, index?: string): Promise<{ status: number; body: SearchAnswer }>;
  get(part: keyof Ports, path: string): Promise<{ status: number; body: unknown }>;
  /** One of the backend's own counters. */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

interface SearchAnswer {
  hits: { total: { value: number; relation: string }; hits: { _id: string; _source: Record<string, unknown> }[] };
  error?: { type: string; reason: string };
}

/** A real backend on free ports. */
export const startBackend = async (
  limits: Partial<Limits> = {},
  scrapeTargets: readonly ScrapeTarget[] = [],
): Promise<RunningBackend> => {
  const free = { fluentd: 0, jaegerCollector: 0, zipkin: 0, jaegerQuery: 0, elasticsearch: 0, prometheus: 0 };
  const backend = createTelemetryBackend({ ports: free, scrapeTargets, limits });
  const ports = await backend.start();
  const url = (part: keyof Ports, path: string): string => `http://127.0.0.1:${ports[part]}${path}`;
  const get = async (part: keyof Ports, path: string) => {
    const response = await fetch(url(part, path));
    return { status: response.status, body: await response.json() };
  };
  return {
    ports,
    get,
    stop: backend.stop,
    async search(body, index = 'glasshouse-logs-*') {
      const headers = { 'content-type': 'application/json' };
      const request = { method: 'POST', headers, body: JSON.stringify(body) };
      const response = await fetch(url('elasticsearch', `/${index}/_search`), request);
      return { status: response.status, body: (await response.json()) as SearchAnswer };
    },
    async metric(name) {
      const text = await (await fetch(url('jaegerQuery', '/metrics'))).text();
      const line = text.split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1));
    },
  };
};

/** Asks again and again until the answer is there; fails with `what` after the deadline. */
export const waitFor = async <T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 10_000,
): Promise<T> => {
  for (const deadline = Date.now() + deadlineMs; Date.now() < deadline; ) {
    const answer = await condition();
    if (answer !== undefined && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`Waited in vain for ${what}.`);
};
