import { setTimeout as pause } from 'node:timers/promises';
import { currentContext, runInContext } from '../context.js';
import type { SpanRecord } from '../types.js';
import { createTracer } from './tracer.js';
import { createTracing } from './tracing.js';

const setup = (sampleRatio = 1) => {
  const spans: SpanRecord[] = [];
  const tracing = createTracing(createTracer({ service: 'order', sampleRatio, onFinish: (span) => spans.push(span) }));
  const find = (name: string): SpanRecord => {
    const span = spans.find((candidate) => candidate.name === name);
    if (span === undefined) throw new Error(`no span ${name}`);
    return span;
  };
  return { tracing, spans, find };
};

const remote = { traceId: '0000000000000000a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', sampled: true };

describe('tracing', () => {
  it('gives ids of full length, also where they begin with zeros', () => {
    const { tracing, find } = setup();
    tracing.startSpan('child', { parent: remote, kind: 'server' }).finish();
    expect(find('child')).toMatchObject({ service: 'order', traceId: remote.traceId, parentId: remote.spanId });
    for (let i = 0; i < 2_000; i++) {
      const span = tracing.startSpan('root', { parent: null });
      expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('makes the active span the parent by itself', async () => {
    const { tracing, find } = setup();
    await tracing.withSpan('outer', { kind: 'server', component: 'http' }, async (outer) => {
      expect(currentContext()?.span).toBe(outer);
      await pause(1);
      tracing.startSpan('inner').finish();
    });
    expect(currentContext()?.span).toBeUndefined();
    expect(find('inner').parentId).toBe(find('outer').spanId);
    expect(find('inner').traceId).toBe(find('outer').traceId);
    expect(find('outer').parentId).toBeUndefined();
    expect(find('outer').tags).toMatchObject({ 'span.kind': 'server', component: 'http' });
  });

  it('keeps what else is in the context', async () => {
    const { tracing } = setup();
    await runInContext({ requestId: 'r-1' }, () =>
      tracing.withSpan('step', {}, async () => expect(currentContext()?.requestId).toBe('r-1')),
    );
  });

  it('starts a new trace that refers to another one without being part of it', () => {
    const { tracing, find } = setup();
    tracing.startSpan('recover', { parent: null, followsFrom: remote }).finish();
    const span = find('recover');
    expect(span.traceId).not.toBe(remote.traceId);
    expect(span.parentId).toBeUndefined();
    expect(span.followsFrom).toEqual([`${remote.traceId}:${remote.spanId}`]);
  });

  it('marks a span by the error that ended it, unless the error was expected', async () => {
    const { tracing, find } = setup();
    const unexpected = Object.assign(new Error('no user ada@glasshouse.test'), { code: 'E1', kind: 'internal' });
    const expected = Object.assign(new Error('gone'), { isExpected: true });
    await expect(tracing.withSpan('bad', {}, () => Promise.reject(unexpected))).rejects.toBe(unexpected);
    await expect(tracing.withSpan('fine', {}, () => Promise.reject(expected))).rejects.toBe(expected);
    expect(find('bad').tags.error).toBe(true);
    expect(find('bad').logs[0]?.fields).toEqual({
      event: 'error',
      'error.kind': 'internal',
      'error.code': 'E1',
      'error.message': 'no user [e-mail]',
    });
    expect(find('fine').tags.error).toBeUndefined();
  });

  it('records given start and end exactly, and never a negative duration', () => {
    const { tracing, find } = setup();
    tracing.startSpan('given', { startedAt: 1_700_000_000_000.125 }).finish(1_700_000_000_002.5);
    tracing.startSpan('reversed', { startedAt: 1_700_000_000_000 }).finish(1_600_000_000_000);
    expect(find('given')).toMatchObject({ startedAt: 1_700_000_000_000_125, durationUs: 2_375 });
    expect(find('reversed').durationUs).toBe(0);
  });

  it('measures in microseconds and ignores what comes after the end', () => {
    const { tracing, spans, find } = setup();
    const span = tracing.startSpan('once', { tags: { a: 1, gone: undefined, wrong: Number.NaN } });
    span.setTag('a', 2);
    span.addEvent({ event: 'retry', attempt: 1 });
    span.finish();
    span.setTag('b', 3);
    span.finish();
    expect(spans).toHaveLength(1);
    expect(find('once').tags).toMatchObject({ a: 2 });
    expect(Object.keys(find('once').tags)).not.toEqual(expect.arrayContaining(['b', 'gone', 'wrong']));
    expect(Math.abs(find('once').startedAt / 1_000 - Date.now())).toBeLessThan(5_000);
  });

  it('bounds tags and events', () => {
    const { tracing, find } = setup();
    const span = tracing.startSpan('large', { tags: { text: 'x'.repeat(10_000) } });
    for (let i = 0; i < 1_000; i++) span.addEvent({ event: 'again' });
    span.finish();
    expect(String(find('large').tags.text)).toHaveLength(2_048);
    expect(find('large').logs).toHaveLength(100);
  });

  it('records no trace at ratio 0, about the ratio between, and obeys the caller otherwise', () => {
    const none = setup(0);
    none.tracing.startSpan('root').finish();
    none.tracing.startSpan('decided by the caller', { parent: remote }).finish();
    expect(none.spans.map((span) => span.name)).toEqual(['decided by the caller']);

    const half = setup(0.5);
    for (let i = 0; i < 1_000; i++) half.tracing.startSpan('root').finish();
    expect(half.spans.length).toBeGreaterThan(350);
    expect(half.spans.length).toBeLessThan(650);

    const all = setup(1);
    all.tracing.startSpan('not sampled by the caller', { parent: { ...remote, sampled: false } }).finish();
    expect(all.spans).toEqual([]);
  });

  it('lets tracestate and baggage travel from the incoming to the outgoing call', () => {
    const { tracing } = setup();
    const incoming = tracing.extract({ traceparent: tracing.toTraceparent(remote), tracestate: 'a=1', baggage: 'b=2' });
    const outgoing = tracing.startSpan('call', { parent: tracing.startSpan('server', { parent: incoming ?? null }) });
    expect(tracing.inject(outgoing)).toMatchObject({
      traceparent: `00-${remote.traceId}-${outgoing.spanId}-01`,
      tracestate: 'a=1',
      baggage: 'b=2',
    });
  });
});
