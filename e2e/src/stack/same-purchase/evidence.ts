import { isDeepStrictEqual } from 'node:util';
import { waitFor } from '@glasshouse/test-kit';
import { createEvidence, isError, type LogLine, type Span } from '../../evidence.js';
import { type Addresses, type Answer, services, type TestShop } from '../../shop.js';

/** Where the APIs of Jaeger, Elasticsearch and Prometheus are asked. */
export type Backends = Pick<Addresses, 'jaeger' | 'elasticsearch' | 'prometheus'>;

/** What purchases have left in each backend, as sorted lines that are the same for the same purchases. */
export interface PurchaseEvidence {
  /** Service, operation, kind, parent and names of tags of each span. */
  readonly spans: readonly string[];
  /** Service, level, fact, message and names of fields of each log line. */
  readonly logs: readonly string[];
  /** Each counter that moved, with its labels, and by how much. */
  readonly counters: readonly string[];
}

/** One that succeeds, one that is refused, one with a failure that is helped. */
const purchases = [
  { paymentMethod: 'card_ok', status: 201 },
  { paymentMethod: 'card_declined', status: 402 },
  { paymentMethod: 'card_flaky', status: 201 },
];
const lines = [{ sku: 'TEA-001', quantity: 2 }];
const deadlineMs = 120_000;

/** Buys on a shop that is warm and quiet, and reads what that has left. */
export const readPurchases = async (shop: TestShop, backends: Backends): Promise<PurchaseEvidence> => {
  const evidence = createEvidence(() => ({ ...shop.addresses(), ...backends }));
  const { token } = await shop.newCustomer();
  const buyAll = async (): Promise<Answer[] | undefined> => {
    const answers: Answer[] = [];
    for (const { paymentMethod, status } of purchases) {
      const answer = await shop.order(token, { lines, paymentMethod });
      // Not in time, as the first one often is; a recovery finishes it.
      if (answer.status !== status) return undefined;
      answers.push(answer);
    }
    return answers;
  };
  await waitFor('purchases that are decided in their requests', buyAll, deadlineMs);
  const { before, answers } = await waitFor(
    'purchases that are decided in their requests',
    async () => {
      const quiet = await readQuietCounters(backends.prometheus);
      const bought = await buyAll();
      return bought && { before: quiet, answers: bought };
    },
    deadlineMs,
  );
  const found = await Promise.all(answers.map(({ traceId }) => evidence.wholeTrace(traceId)));
  const after = await readQuietCounters(backends.prometheus);
  return {
    spans: found.flatMap(({ spans }) => spans.map((span) => toSpanLine(span, spans))).sort(),
    logs: found.flatMap(({ logs }) => logs.map(toLogLine)).sort(),
    counters: [...after]
      .map(([series, value]) => [series, value - (before.get(series) ?? 0)] as const)
      .filter(([, moved]) => moved !== 0)
      .map(([series, moved]) => `${series} +${moved}`)
      .sort(),
  };
};

const toSpanLine = (span: Span, all: readonly Span[]): string => {
  const parent = all.find(({ spanId }) => spanId === span.parentId);
  const tags = Object.keys(span.tags).sort().join(' ');
  const mark = isError(span) ? ', an error' : '';
  return `${span.service} ${span.name}, ${span.tags['span.kind']}, below ${parent?.name ?? 'nothing'}${mark}: ${tags}`;
};

const toLogLine = (line: LogLine): string => {
  const message = String(line.message).replaceAll(String(line['glasshouse.order.number']), '<order>');
  const fields = Object.keys(line).sort().join(' ');
  return `${line['service.name']} ${line['log.level']} ${line['event.action']} "${message}": ${fields}`;
};

interface Target {
  readonly labels: { readonly job: string };
  readonly health: string;
  readonly lastScrape: string;
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/**
 * Counters and counts of the shop's processes; how long something took is another figure each time. Reads of a database
 * are left out: workers and gauges make them all the time, and those of the purchase have spans.
 */
const selector = `{${[
  `job=~"${services.join('|')}"`,
  '__name__=~".+_(total|count)"',
  '__name__!~"(process|nodejs)_.+"',
  'db_operation!~"find|findOne|aggregate"',
].join()}}`;

const ask = async <T>(url: string): Promise<T> => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { data: T }).data;
};

const readCounters = async (prometheus: string): Promise<Map<string, number>> => {
  const url = `${prometheus}/api/v1/query?${new URLSearchParams({ query: selector })}`;
  const { result } = await ask<{ result: Sample[] }>(url);
  return new Map(result.map(({ metric, value }) => [toSeries(metric), Number(value[1])] as const));
};

/** When each service was last scraped, epoch milliseconds. */
const readScrapes = async (prometheus: string): Promise<number[]> => {
  const { activeTargets } = await ask<{ activeTargets: Target[] }>(`${prometheus}/api/v1/targets`);
  const ours = activeTargets.filter(({ labels, health }) => isService(labels.job) && health === 'up');
  return ours.map(({ lastScrape }) => Date.parse(lastScrape));
};

const isService = (job: string): boolean => services.some((service) => service === job);

const quietMs = 3_000;

/** The counters by series, once scrapes of every service have found the same for some seconds. */
const readQuietCounters = async (prometheus: string): Promise<Map<string, number>> => {
  let last = new Map<string, number>();
  let quietSince = Number.POSITIVE_INFINITY;
  return waitFor(
    'the counters to stand still',
    async () => {
      const scrapes = await readScrapes(prometheus);
      const now = await readCounters(prometheus);
      if (!isDeepStrictEqual(now, last)) {
        last = now;
        quietSince = Math.max(...scrapes);
      }
      return scrapes.length === services.length && Math.min(...scrapes) > quietSince + quietMs ? now : undefined;
    },
    deadlineMs,
  );
};

const toSeries = ({ instance: _port, ...labels }: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort());
