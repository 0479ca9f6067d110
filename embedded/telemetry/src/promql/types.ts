/** Label names to values, sorted by name, so that equal labels have equal JSON. `__name__` is the metric's name. */
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  labels: Labels;
  value: number;
}

/** Times are epoch milliseconds. */
export interface Series {
  labels: Labels;
  points: { at: number; value: number }[];
}

export type Value =
  | { type: 'scalar'; value: number }
  | { type: 'vector'; samples: Sample[] }
  | { type: 'matrix'; series: Series[] }
  | { type: 'string'; value: string };

/** What Prometheus' API calls `errorType` with the text that it would say. */
export class PromqlError extends Error {
  constructor(
    readonly errorType: 'bad_data' | 'execution' | 'timeout',
    message: string,
  ) {
    super(message);
  }
}
