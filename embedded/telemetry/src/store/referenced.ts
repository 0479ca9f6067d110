export interface ReferencedTraces {
  /** Something that is still shown leads to this trace. */
  add(traceId: string): void;
  has(traceId: string): boolean;
}

/** The latest `max` trace ids that something else refers to. */
export const createReferencedTraces = (max: number): ReferencedTraces => {
  const ids = new Set<string>();
  return {
    has: (traceId) => ids.has(traceId),
    add(traceId) {
      ids.delete(traceId);
      ids.add(traceId);
      if (ids.size <= max) return;
      for (const oldest of ids) {
        ids.delete(oldest);
        return;
      }
    },
  };
};
