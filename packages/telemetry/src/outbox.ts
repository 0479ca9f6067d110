import { Deque } from './deque.js';

export type DropReason = 'full' | 'refused' | 'closed';

/** Thrown by `deliver` when trying again would be of no use: the batch is dropped. */
export class Refused extends Error {}

export interface OutboxOptions<T> {
  maxItems: number;
  maxBytes: number;
  batch: { maxItems: number; maxBytes: number; lingerMs: number };
  retry: { minMs: number; maxMs: number };
  /** Resolves when the receiver has the batch. Any rejection but `Refused` means: unknown, send the same items again. */
  deliver(items: readonly T[], signal: AbortSignal): Promise<void>;
  onDelivered(count: number): void;
  onDropped(count: number, reason: DropReason): void;
}

export interface Outbox<T> {
  push(item: T, bytes: number): void;
  /** Items that are neither delivered nor dropped. */
  waiting(): number;
  /** Delivers what is waiting, drops what is left after the timeout. Later pushes are dropped. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}

interface Entry<T> {
  item: T;
  bytes: number;
}

/**
 * A bounded queue between the service and one receiver, which may be down, slow or gone. One batch is in flight at a
 * time and goes back to the front when it fails, so the order is kept; when the queue is full the oldest items go.
 * Every item that was pushed ends as delivered or as dropped, exactly once. Its timers do not keep the process alive.
 */
export const createOutbox = <T>(options: OutboxOptions<T>): Outbox<T> => {
  const { batch, retry } = options;
  const queue = new Deque<Entry<T>>();
  const abort = new AbortController();
  let bytes = 0;
  let inFlight: Entry<T>[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isSending = false;
  let failures = 0;
  let closing: Promise<void> | undefined;
  let onIdle: (() => void) | undefined;

  const waiting = () => queue.length + inFlight.length;

  const dropOldest = () => {
    const oldest = queue.popFront();
    if (oldest === undefined) return;
    bytes -= oldest.bytes;
    options.onDropped(1, 'full');
  };

  const keepBounds = () => {
    while (queue.length > 0 && (waiting() > options.maxItems || bytes > options.maxBytes)) dropOldest();
  };

  const takeBatch = (): Entry<T>[] => {
    const taken: Entry<T>[] = [];
    let size = 0;
    while (taken.length < batch.maxItems && (size < batch.maxBytes || taken.length === 0)) {
      const entry = queue.popFront();
      if (entry === undefined) break;
      taken.push(entry);
      size += entry.bytes;
    }
    return taken;
  };

  const settle = (outcome: 'delivered' | 'refused') => {
    const sent = inFlight;
    inFlight = [];
    for (const entry of sent) bytes -= entry.bytes;
    if (outcome === 'delivered') options.onDelivered(sent.length);
    else options.onDropped(sent.length, 'refused');
    failures = 0;
  };

  const putBack = () => {
    for (const entry of inFlight.reverse()) queue.pushFront(entry);
    inFlight = [];
    failures++;
    keepBounds();
  };

  // Full jitter on the upper half: services that lost the same receiver do not come back in step.
  const backOffMs = () => {
    const ceiling = Math.min(retry.maxMs, retry.minMs * 2 ** Math.min(failures - 1, 16));
    return ceiling * (0.5 + Math.random() / 2);
  };

  const sendBatch = async () => {
    inFlight = takeBatch();
    if (inFlight.length === 0) return onIdle?.();
    isSending = true;
    try {
      await options.deliver(
        inFlight.map((entry) => entry.item),
        abort.signal,
      );
      if (!abort.signal.aborted) settle('delivered');
    } catch (error) {
      if (abort.signal.aborted) return;
      if (error instanceof Refused) settle('refused');
      else putBack();
    } finally {
      isSending = false;
    }
    schedule();
  };

  const sendAfter = (delayMs: number) => {
    timer = setTimeout(() => {
      timer = undefined;
      void sendBatch();
    }, delayMs).unref();
  };

  const sendNow = () => {
    clearTimeout(timer);
    timer = undefined;
    void sendBatch();
  };

  const schedule = () => {
    if (isSending || abort.signal.aborted) return;
    if (queue.length === 0) onIdle?.();
    else if (failures > 0) timer ?? sendAfter(backOffMs());
    else if (closing !== undefined || queue.length >= batch.maxItems) sendNow();
    else timer ?? sendAfter(batch.lingerMs);
  };

  const giveUp = () => {
    const left = waiting();
    while (queue.popFront() !== undefined);
    inFlight = [];
    bytes = 0;
    clearTimeout(timer);
    abort.abort();
    if (left > 0) options.onDropped(left, 'closed');
  };

  return {
    waiting,
    push(item, size) {
      if (closing !== undefined) return options.onDropped(1, 'closed');
      if (size > options.maxBytes) return options.onDropped(1, 'full');
      queue.pushBack({ item, bytes: size });
      bytes += size;
      keepBounds();
      schedule();
    },
    close(timeoutMs) {
      if (closing !== undefined) return closing;
      closing = new Promise<void>((resolve) => {
        // The only timer that keeps the process alive: without it Node could end before the flush does.
        const deadline = setTimeout(() => onIdle?.(), timeoutMs);
        onIdle = () => {
          clearTimeout(deadline);
          onIdle = undefined;
          giveUp();
          resolve();
        };
      });
      // Whatever pause was running, try at once.
      failures = 0;
      if (!isSending) sendNow();
      return closing;
    },
  };
};
