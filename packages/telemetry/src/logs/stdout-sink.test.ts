import { connect, createServer, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { waitFor } from '../testing/wait-for.js';
import { MESSAGE } from './log-sink.js';
import { StdoutSink } from './stdout-sink.js';

const setup = (stream: NodeJS.WritableStream, limits = {}) => {
  const counts = { delivered: 0, dropped: 0, emitted: 0 };
  const sink = new StdoutSink({
    stream,
    limits,
    events: {
      onDelivered: (count) => {
        counts.delivered += count;
      },
      onDropped: (count) => {
        counts.dropped += count;
      },
    },
  });
  const emit = (count: number, text = 'x') => {
    for (let i = 0; i < count; i++) {
      const line = { level: 'info', message: '', at: 0, record: {}, [MESSAGE]: `${text}${counts.emitted++}` };
      sink.log(line, () => undefined);
    }
  };
  return { sink, counts, emit };
};

describe('stdout sink', () => {
  it('writes every line once, in order, many in one write', async () => {
    const writes: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        writes.push(String(chunk));
        done();
      },
    });
    const { sink, emit } = setup(stream);
    emit(500);
    await sink.flush(1_000);
    expect(writes.join('')).toBe(Array.from({ length: 500 }, (_, index) => `x${index}\n`).join(''));
    expect(writes.length).toBeLessThan(10);
  });

  it('goes on when the reader stops, up to its bound, and counts what it dropped', async () => {
    let resume: (() => void) | undefined;
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        resume = done;
      },
    });
    const { sink, counts, emit } = setup(stream, { maxItems: 100 });
    emit(50);
    await waitFor('the first write', () => resume !== undefined);
    emit(10_000);
    expect(sink.waiting()).toBe(100);
    await sink.flush(20);
    expect(counts.delivered + counts.dropped).toBe(counts.emitted);
    resume?.();
    expect(counts.delivered).toBe(0);
  });

  it('does not wait for a real reader that stopped reading', async () => {
    const server = createServer({ pauseOnConnect: true });
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const pipe = connect((server.address() as { port: number }).port, '127.0.0.1');
    const reader = await accepted;
    const { sink, counts, emit } = setup(pipe, { maxItems: 1_000, maxBytes: 1 << 20 });
    await waitFor('the kernel to take no more', () => {
      emit(100, 'y'.repeat(1_000));
      return counts.dropped > 0;
    });
    expect(sink.waiting()).toBeLessThanOrEqual(1_000);
    reader.resume();
    await sink.flush(5_000);
    expect(counts.delivered + counts.dropped).toBe(counts.emitted);
    pipe.destroy();
    reader.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('survives a full disk and writes again when there is room', async () => {
    let isFull = true;
    const written: string[] = [];
    const stream = new Writable({
      autoDestroy: false,
      write(chunk, _encoding, done) {
        if (isFull) return done(new Error('ENOSPC'));
        written.push(String(chunk));
        done();
      },
    });
    const { sink, counts, emit } = setup(stream);
    emit(3);
    await waitFor('the failed write', () => counts.dropped === 3);
    isFull = false;
    stream.destroyed || emit(1);
    await sink.flush(1_000);
    expect(counts.delivered + counts.dropped).toBe(4);
  });
});
