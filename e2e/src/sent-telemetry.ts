import { waitFor } from '@glasshouse/test-kit';
import type { Addresses } from './shop.js';

/** Log lines that no service of ours would write, by Elasticsearch's bulk API. */
export const sendLines = async (
  { elasticsearch }: Addresses,
  lines: readonly Readonly<Record<string, unknown>>[],
): Promise<void> => {
  const entries = lines.flatMap((line) => {
    const record = { '@timestamp': new Date().toISOString(), 'log.level': 'info', 'service.name': 'stranger', ...line };
    const index = `glasshouse-logs-${record['@timestamp'].slice(0, 10).replaceAll('-', '.')}`;
    return [JSON.stringify({ create: { _index: index } }), JSON.stringify(record)];
  });
  const answer = await fetch(`${elasticsearch}/_bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${entries.join('\n')}\n`,
  });
  expect(await answer.json()).toMatchObject({ errors: false });
};

export interface SentSpan {
  /** 16 hex digits. */
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  readonly service: string;
  /** Milliseconds after the start of the trace. */
  readonly at: number;
  readonly takes: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** No user needs this address, so no file names it; it moves with all others. */
const toZipkin = ({ gateway }: Addresses): string => {
  const offset = Number(new URL(gateway).port) - 8080;
  return `http://127.0.0.1:${9411 + offset}/api/v2/spans`;
};

/** A trace that no service of ours would leave, in Zipkin's format. Comes back when it can be read. */
export const sendTrace = async (addresses: Addresses, traceId: string, spans: readonly SentSpan[]): Promise<void> => {
  const startUs = Date.now() * 1_000;
  const body = spans.map(({ service, at, takes, ...span }) => ({
    ...span,
    traceId,
    timestamp: startUs + Math.round(at * 1_000),
    duration: Math.max(1, Math.round(takes * 1_000)),
    localEndpoint: { serviceName: service },
  }));
  const answer = await fetch(toZipkin(addresses), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(202);
  const last = spans.at(-1)?.id ?? '';
  await waitFor('the spans', async () => {
    const found = await fetch(`${addresses.jaeger}/api/traces/${traceId}`);
    return found.ok && (await found.text()).includes(last);
  });
};

export interface Fault {
  readonly route: string;
  readonly latencyMs?: number;
  readonly errorRate?: number;
  readonly status?: number;
}

/** Switches faults of a service on, or with none of them off. */
export const setFaults = async (addresses: Addresses, service: keyof Addresses['admin'], faults: readonly Fault[]) => {
  const answer = await fetch(`${addresses.admin[service]}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
  });
  expect(answer.status).toBe(200);
};
