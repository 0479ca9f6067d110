import type { Exemplar } from '../scrape/parse.js';

const stepS = 15;
const maxPerSeries = 60;
// What V8 takes for one with its two ids; measured.
const exemplarBytes = 300;

/** The newest exemplar of each series, and older ones about every 15 s; knows which traces they lead to. */
export class ExemplarStore {
  private readonly held = new Map<object, Exemplar[]>();
  private readonly traces = new Map<string, number>();
  bytes = 0;

  /** `nowS` in epoch seconds stands in for a time that the service did not say. */
  add(series: object, { labels, value, timestamp }: Exemplar, nowS: number): void {
    const exemplars = this.of(series);
    const [before, previous] = exemplars.slice(-2);
    const last = previous ?? before;
    if (
      last?.value === value &&
      last.labels.trace_id === labels.trace_id &&
      (timestamp ?? last.timestamp) === last.timestamp
    )
      return;
    if (previous && (previous.timestamp ?? 0) - (before?.timestamp ?? 0) < stepS) this.count(exemplars.pop(), -1);
    const exemplar = { labels, value, timestamp: timestamp ?? nowS };
    if (exemplars.push(exemplar) > maxPerSeries) this.count(exemplars.shift(), -1);
    this.count(exemplar, 1);
    this.held.set(series, exemplars);
  }

  of(series: object): Exemplar[] {
    return this.held.get(series) ?? [];
  }

  forget(series: object): void {
    for (const exemplar of this.of(series)) this.count(exemplar, -1);
    this.held.delete(series);
  }

  leadsTo(traceId: string): boolean {
    return this.traces.has(traceId);
  }

  private count(exemplar: Exemplar | undefined, change: 1 | -1): void {
    const id = exemplar?.labels.trace_id ?? '';
    const left = (this.traces.get(id) ?? 0) + change;
    this.bytes += change * exemplarBytes;
    if (left > 0) this.traces.set(id, left);
    else this.traces.delete(id);
  }
}
