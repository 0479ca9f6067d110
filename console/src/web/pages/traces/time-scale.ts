/** Where a time stands on an axis. */
export interface TimeScale {
  /** Epoch microseconds. */
  readonly fromUs: number;
  readonly toUs: number;
  /** 0 at the start, 100 at the end; what lies outside is cut off. */
  percent(us: number): number;
  isInside(fromUs: number, toUs: number): boolean;
}

export const toScale = ({ fromUs, toUs }: { readonly fromUs: number; readonly toUs: number }): TimeScale => ({
  fromUs,
  toUs,
  percent: (us) => Math.min(100, Math.max(0, ((us - fromUs) / Math.max(1, toUs - fromUs)) * 100)),
  isInside: (startUs, endUs) => endUs >= fromUs && startUs <= toUs,
});
