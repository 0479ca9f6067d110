import type { DropReason } from '../outbox.js';
import { type Behaviour, type FluentdReceiver, startFluentdReceiver } from '../testing/fluentd-receiver.js';
import { waitFor } from '../testing/wait-for.js';
import { type FluentdLimits, FluentdSink, parseFluentdUrl } from './fluentd-sink.js';
import { createRecordBuilder } from './log-record.js';

const build = createRecordBuilder({ service: 'order', version: '1.0.0', instanceId: 'one' });

const createSink = (url: string, limits: Partial<FluentdLimits> = {}) => {
  const counts = { delivered: 0, dropped: 0, reasons: new Set<DropReason>(), emitted: 0 };
  const sink = new FluentdSink({
    url,
    tag: 'glasshouse.order',
    limits: { lingerMs: 5, ...limits },
    events: {
      onDelivered: (count) => {
        counts.delivered += count;
      },
      onDropped: (count, reason) => {
        counts.dropped += count;
        counts.reasons.add(reason);
      },
    },
  });
  const emit = (count: number, message = 'Placed.') => {
    for (let i = 0; i < count; i++) {
      const record = build({ action: 'order.placed', message, fields: { 'glasshouse.n': counts.emitted++ } }, {});
      sink.log({ level: 'info', message: '', at: Date.now(), record }, () => undefined);
    }
  };
  return { sink, counts, emit };
};

const numbers = (records: readonly Record<string, unknown>[]) => records.map((record) => record['glasshouse.n']);
const range = (length: number) => Array.from({ length }, (_, index) => index);

describe('fluentd sink', () => {
  let receiver: FluentdReceiver;
  beforeEach(async () => {
    receiver = await startFluentdReceiver();
  });
  afterEach(() => receiver.stop());

  it('delivers records in order, tagged with the service, over one connection', async () => {
    const { sink, counts, emit } = createSink(receiver.url);
    emit(2_500);
    await waitFor('everything delivered', () => counts.delivered === 2_500);
    emit(10);
    await sink.flush(2_000);
    expect(numbers(receiver.records)).toEqual(range(2_510));
    expect([...receiver.tags]).toEqual(['glasshouse.order']);
    expect(receiver.connections()).toBe(1);
    expect(receiver.records[0]).toMatchObject({
      'service.name': 'order',
      'event.action': 'order.placed',
      message: 'Placed.',
    });
  });

  const troubles: Behaviour[] = ['end', 'store, then end', 'reset', 'stall', 'talk nonsense', 'acknowledge in pieces'];
  it.each(troubles)('loses nothing and keeps the order when Fluentd chooses to "%s"', async (trouble) => {
    const { sink, counts, emit } = createSink(receiver.url, trouble === 'stall' ? { ackTimeoutMs: 500 } : {});
    receiver.behave((batch) => (batch % 2 === 0 && batch < 6 ? trouble : 'acknowledge'));
    emit(3_000);
    await waitFor('everything delivered', () => counts.delivered === 3_000);
    expect(numbers(receiver.distinct())).toEqual(range(3_000));
    expect(counts.dropped).toBe(0);
    await sink.flush(1_000);
  });

  it('loses nothing when Fluentd is down at the start and goes away in between', async () => {
    const { port } = receiver;
    await receiver.stop();
    const { sink, counts, emit } = createSink(receiver.url);
    emit(1_500);
    const first = await startFluentdReceiver(port);
    await waitFor('the first half delivered', () => counts.delivered === 1_500);
    await first.stop();
    emit(1_500);
    receiver = await startFluentdReceiver(port);
    await waitFor('everything delivered', () => counts.delivered === 3_000);
    expect([...numbers(first.distinct()), ...numbers(receiver.distinct())]).toEqual(range(3_000));
    expect(counts.dropped).toBe(0);
    await sink.flush(1_000);
  });

  it('survives resets in the middle of a large write', async () => {
    const { sink, counts, emit } = createSink(receiver.url);
    for (let round = 1; round <= 5; round++) {
      receiver.resetEarly(2);
      emit(1_000, 'z'.repeat(1_000));
      await waitFor('this round delivered', () => counts.delivered === 1_000 * round);
    }
    expect(numbers(receiver.distinct())).toEqual(range(5_000));
    await sink.flush(1_000);
  });

  it('drops the oldest beyond its bound, and accounts for every record', async () => {
    receiver.behave(() => 'stall');
    const { sink, counts, emit } = createSink(receiver.url, { maxItems: 500, ackTimeoutMs: 500 });
    emit(2_000);
    expect(sink.waiting()).toBe(500);
    receiver.behave(() => 'acknowledge');
    await sink.flush(3_000);
    expect(counts).toMatchObject({ dropped: 1_500, delivered: 500 });
    expect(numbers(receiver.distinct())).toEqual(range(2_000).slice(1_500));
  });

  it('counts what is left at the closing timeout as dropped', async () => {
    receiver.behave(() => 'stall');
    const { sink, counts, emit } = createSink(receiver.url, { ackTimeoutMs: 60_000 });
    emit(300);
    await sink.flush(50);
    emit(1);
    expect(counts.delivered + counts.dropped).toBe(counts.emitted);
    expect([...counts.reasons]).toEqual(['closed']);
  });

  it('never answers an address that is not tcp://host:port', () => {
    expect(parseFluentdUrl('tcp://fluentd:24225')).toEqual({ host: 'fluentd', port: 24_225 });
    expect(parseFluentdUrl('tcp://[::1]')).toEqual({ host: '::1', port: 24_224 });
    for (const wrong of ['fluentd:24224', 'http://fluentd:24224', 'tcp://', 'tcp://fluentd/x', 'tcp://fluentd:99999']) {
      expect(() => parseFluentdUrl(wrong)).toThrow('tcp://host:24224');
    }
  });
});
