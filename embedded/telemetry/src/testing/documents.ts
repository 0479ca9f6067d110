import { createLogStore } from '../store/logs.js';
import type { Segment } from '../store/segment.js';

/** Segments that hold these documents, in this order. */
export const segmentsOf = (documents: readonly object[]): readonly Segment[] => {
  const logs = createLogStore({ maxBytes: 2 ** 30, onError: () => undefined });
  for (const document of documents) logs.add(document, 0);
  return logs.segments;
};
