import type { DropReason } from '../outbox.js';
import { type HttpReceiver, startHttpReceiver } from '../testing/http-receiver.js';
import { waitFor } from '../testing/wait-for.js';
import type { SpanRecord } from '../types.js';
import { createJaegerBatchDecoder } from '../wire.js';
import { createJaegerEncoder } from './jaeger-encoder.js';
import { createSpanReporter } from './span-reporter.js';

const decode = createJaegerBatchDecoder();

const setup = (endpoint: string) => {
  const counts = { delivered: 0, dropped: 0, reasons: new Set<DropReason>(), reported: 0 };
  const reporter = createSpanReporter({
    endpoint,
    encoder: createJaegerEncoder({ service: 'order', version: '1', instanceId: 'one' }),
    onDelivered: (count) => {
      counts.delivered += count;
    },
    onDropped: (count, reason) => {
      counts.dropped += count;
      counts.reasons.add(reason);
    },
  });
  const report = (count: number) => {
    for (let i = 0; i < count; i++) {
      const spanId = (++counts.reported).toString(16).padStart(16, '0');
      const times = { startedAt: 1, durationUs: 1 };
      reporter.report({ service: 'order', name: 'x', traceId: 'a'.repeat(32), spanId, ...times, tags: {}, logs: [] });
    }
  };
  return { reporter, counts, report };
};

const spansOf = (receiver: HttpReceiver): SpanRecord[] => receiver.posts.flatMap((post) => decode(post.body));

describe('span reporter', () => {
  let receiver: HttpReceiver;
  beforeEach(async () => {
    receiver = await startHttpReceiver();
  });
  afterEach(() => receiver.stop());

  it('posts batches to the endpoint over one connection', async () => {
    const { reporter, counts, report } = setup(`${receiver.url}/api/traces`);
    report(1_200);
    await waitFor('everything reported', () => counts.delivered === 1_200);
    expect(spansOf(receiver)).toHaveLength(1_200);
    expect(receiver.posts[0]).toMatchObject({ path: '/api/traces', contentType: 'application/x-thrift' });
    expect(await receiver.openConnections()).toBe(1);
    await reporter.flush(1_000);
  });

  it('tries again when the backend answers 503, and keeps the order', async () => {
    receiver.behave((attempt) => (attempt < 3 ? 503 : 202));
    const { reporter, counts, report } = setup(receiver.url);
    report(600);
    await waitFor('everything reported', () => counts.delivered === 600);
    expect(spansOf(receiver).map((span) => Number.parseInt(span.spanId, 16))).toEqual(
      Array.from({ length: 600 }, (_, index) => index + 1),
    );
    await reporter.flush(1_000);
  });

  it('drops a batch that the backend refuses', async () => {
    receiver.behave((attempt) => (attempt === 0 ? 400 : 202));
    const { reporter, counts, report } = setup(receiver.url);
    report(600);
    await reporter.flush(2_000);
    expect(counts).toMatchObject({ delivered: 100, dropped: 500 });
    expect([...counts.reasons]).toEqual(['refused']);
  });

  it('delivers what was finished while the backend was down', async () => {
    const { port } = receiver;
    await receiver.stop();
    const { reporter, counts, report } = setup(`http://127.0.0.1:${port}/api/traces`);
    report(10);
    receiver = await startHttpReceiver(port);
    await waitFor('everything reported', () => counts.delivered === 10);
    await reporter.flush(1_000);
  });

  it('holds one connection and a bounded queue while the backend hangs, and accounts for every span', async () => {
    receiver.behave(() => 'hang');
    const { reporter, counts, report } = setup(receiver.url);
    report(20_000);
    await waitFor('the first request', () => receiver.attempts() > 0);
    expect(await receiver.openConnections()).toBe(1);
    expect(reporter.waiting()).toBe(10_000);
    await reporter.flush(50);
    expect(counts.delivered + counts.dropped).toBe(counts.reported);
    expect([...counts.reasons].sort()).toEqual(['closed', 'full']);
  });

  it('leaves a hung backend after its time-out and tries again', async () => {
    receiver.behave((attempt) => (attempt === 0 ? 'hang' : 202));
    const { reporter, counts, report } = setup(receiver.url);
    report(1);
    await waitFor('the second attempt', () => counts.delivered === 1);
    await reporter.flush(1_000);
  });
});
