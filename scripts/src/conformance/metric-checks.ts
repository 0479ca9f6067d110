import { randomBytes } from 'node:crypto';
import { eventually } from '../verify/check.js';
import { type Check, expectAll, expectEqual, expectMatch } from './check.js';
import { readMetrics, sumOf } from './evidence.js';
import { ask } from './exchange.js';
import type { Subject } from './subject.js';

const everyService: Readonly<Record<string, string>> = {
  http_server_request_duration_seconds: 'histogram',
  http_server_active_requests: 'gauge',
  requests_shed_total: 'counter',
  security_events_total: 'counter',
  http_client_request_duration_seconds: 'histogram',
  log_records_total: 'counter',
  log_records_dropped_total: 'counter',
  spans_reported_total: 'counter',
  spans_dropped_total: 'counter',
  process_start_time_seconds: 'gauge',
};
const withDatabase = { db_client_operation_duration_seconds: 'histogram' };
const ofProduct = { stock_reservations_total: 'counter', products_out_of_stock: 'gauge' };

const openMetrics = 'application/openmetrics-text; version=1.0.0';
const duration = 'http_server_request_duration_seconds';
const requests = 3;

/** A contract for dashboards and alerts: names, types, labels, and that they count what has happened. */
export const metricChecks = (subject: Subject): Check[] => {
  const { admin, url, profile, service } = subject;
  return [
    {
      section: 'metrics',
      what: 'GET /metrics is in the text format and has every metric with its type',
      run: async () => {
        const { headers } = await ask({ door: admin, path: '/metrics' });
        expectMatch('content-type', headers['content-type'], /^text\/plain; version=0\.0\.4/);
        const { types, samples } = await readMetrics(admin);
        const wanted = {
          ...everyService,
          ...(profile.hasDatabase ? withDatabase : {}),
          ...(service === 'product' ? ofProduct : {}),
        };
        expectAll(
          Object.entries(wanted).map(([name, type]) => [
            types[name] === type,
            `${name} ${types[name] ?? 'is missing'}`,
            `${name} ${type}`,
          ]),
        );
        return `${Object.keys(wanted).length} names, ${samples.length} samples`;
      },
    },
    {
      section: 'metrics',
      what: 'with Accept it is OpenMetrics',
      run: async () => {
        const { headers, text } = await ask({ door: admin, path: '/metrics', headers: { accept: openMetrics } });
        expectMatch('content-type', headers['content-type'], /^application\/openmetrics-text; version=1\.0\.0/);
        expectAll([[text.endsWith('# EOF\n'), `an end of ${JSON.stringify(text.slice(-20))}`, '# EOF']]);
        return '# EOF';
      },
    },
    {
      section: 'metrics',
      what: 'a request counts once, by method, route template and status, and unknown paths share one route',
      run: async () => {
        const labels = { http_request_method: 'POST', http_route: 'unmatched', http_response_status_code: '404' };
        const count = async (): Promise<number> => sumOf(await readMetrics(admin), `${duration}_count`, labels);
        const before = await count();
        const paths = Array.from({ length: requests }, () => `/nowhere/${randomBytes(8).toString('hex')}`);
        await Promise.all(paths.map((path) => ask({ door: url, method: 'POST', path })));
        // An answer may be read before its end was counted.
        await eventually(
          'the count',
          async () => ((await count()) >= before + requests ? true : undefined),
          2_000,
        ).catch(() => {});
        expectEqual('grew by', (await count()) - before, requests);
        const { text } = await readMetrics(admin);
        expectAll([[!paths.some((path) => text.includes(path)), 'a path among the labels', 'no label from input']]);
        return `+${requests}`;
      },
    },
    {
      section: 'metrics',
      what: 'the duration has exactly three labels and the ten buckets of docs/telemetry.md',
      run: async () => {
        await subject.sample();
        const { samples } = await readMetrics(admin);
        const buckets = samples.filter(({ name, labels }) => {
          const isSample = labels.http_route === profile.sample.route && labels.http_request_method === 'GET';
          return name === `${duration}_bucket` && isSample;
        });
        const names = new Set(buckets.flatMap(({ labels }) => Object.keys(labels)));
        const bounds = [...new Set(buckets.map(({ labels }) => Number(labels.le?.replace('+Inf', 'Infinity'))))];
        const labels = ['http_request_method', 'http_response_status_code', 'http_route', 'le'];
        expectEqual('labels', [...names].sort(), labels);
        expectEqual('buckets', bounds.map(String), [...bucketBounds, Number.POSITIVE_INFINITY].map(String));
        return `${bounds.length} buckets`;
      },
    },
    {
      section: 'metrics',
      what: "a duration's exemplar leads to its trace",
      run: async () => {
        const { headers } = await subject.sample();
        const traceId = String(headers.traceresponse).split('-')[1];
        const found = await eventually(
          'exemplar',
          async () => {
            const { samples } = await readMetrics(admin, openMetrics);
            return samples.find((one) => one.name === `${duration}_bucket` && one.traceId === traceId);
          },
          2_000,
        );
        return `trace_id=${found.traceId}`;
      },
    },
    {
      section: 'metrics',
      what: 'refusals, log records and delivered spans are counted',
      run: async () => {
        const read = async () => {
          const metrics = await readMetrics(admin);
          return {
            refused: sumOf(metrics, 'security_events_total', { event: 'request.refused' }),
            logged: sumOf(metrics, 'log_records_total', { level: 'info' }),
            reported: sumOf(metrics, 'spans_reported_total'),
          };
        };
        const before = await read();
        await ask({ door: url, path: `${profile.sample.path}?q=${'a'.repeat(9_000)}` });
        const isMore = (after: typeof before): boolean =>
          after.refused > before.refused && after.logged > before.logged && after.reported > before.reported;
        const last = { value: before };
        await eventually(
          'growth',
          async () => {
            last.value = await read();
            return isMore(last.value) ? true : undefined;
          },
          4_000,
        ).catch(() => {});
        const { refused, logged, reported } = last.value;
        expectAll([
          [refused > before.refused, 'the same security_events_total{event="request.refused"}', 'one more'],
          [logged > before.logged, 'the same log_records_total{level="info"}', 'more'],
          [reported > before.reported, 'the same spans_reported_total', 'more'],
        ]);
        return `${refused} refused, ${logged} records, ${reported} spans`;
      },
    },
    ...(subject.isScraped
      ? [
          {
            section: 'metrics' as const,
            what: 'Prometheus asks it, and has its requests',
            run: async () => {
              const labels = `job="${service}"`;
              return eventually('samples in Prometheus', async () => {
                const up = await subject.evidence.query(`up{${labels}}`);
                const count = await subject.evidence.query(`sum(${duration}_count{${labels}})`);
                return up === 1 && count > 0 ? `up 1, ${count} requests` : undefined;
              });
            },
          },
        ]
      : []),
  ];
};

const bucketBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
