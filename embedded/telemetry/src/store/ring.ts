import { type Fields, Segment } from './segment.js';

export interface Ring {
  /** Oldest first; the last one is still being filled. */
  readonly segments: readonly Segment[];
  readonly bytes: number;
  add(time: number, fields: Fields): void;
}

export interface RingOptions {
  timeField: string;
  maxBytes: number;
  /** What the owner keeps beside the segments; counts towards the bound. Default none. */
  besides?: () => number;
  /** Called with each segment as it falls out, when it is no longer part of the ring. */
  onEvict: (segment: Segment) => void;
}

/** Segments in order of arrival; the oldest fall out as soon as all together are larger than the bound. */
export const createRing = ({ timeField, maxBytes, onEvict, besides = () => 0 }: RingOptions): Ring => {
  // Small enough that one eviction is a small part of what is held, and that one segment always fits.
  const segmentBytes = Math.max(1, Math.floor(maxBytes / 24));
  const segments: Segment[] = [];
  let sealedBytes = 0;
  let sequence = 0;
  let open: Segment | undefined;

  const addSegment = (): Segment => {
    open = new Segment(timeField, sequence);
    segments.push(open);
    return open;
  };

  const total = (): number => sealedBytes + (open?.bytes ?? 0) + besides();

  const evict = (): void => {
    while (segments.length > 1 && total() > maxBytes) {
      const oldest = segments.shift();
      if (oldest === undefined) return;
      sealedBytes -= oldest.bytes;
      onEvict(oldest);
    }
  };

  return {
    segments,
    get bytes() {
      return total();
    },
    add(time, fields) {
      const segment = open ?? addSegment();
      segment.add(time, fields);
      sequence++;
      if (segment.isFull || segment.bytes >= segmentBytes) {
        segment.seal();
        sealedBytes += segment.bytes;
        open = undefined;
        evict();
      }
    },
  };
};
