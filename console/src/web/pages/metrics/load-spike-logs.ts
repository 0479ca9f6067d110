import type { Observation, Subject } from '../../../analysis/spike.js';
import type { Bucket } from '../../../queries/elasticsearch.js';
import { backends } from '../../shell/backends.js';
import type { Windows } from './load-spike.js';

/** How often something was logged, by `service kind name`. */
type Counts = ReadonlyMap<string, { readonly subject: Subject; readonly count: number }>;

/** Error codes and versions are in the log records alone: labels of metrics are closed sets, and these are not. */
export const compareLogs = async (
  { beforeMs, startMs, endMs }: Windows,
  signal: AbortSignal,
): Promise<Observation[]> => {
  const [before, during] = await Promise.all([
    countSubjects(beforeMs, startMs, signal),
    countSubjects(startMs, endMs, signal),
  ]);
  const subjects = [...new Map([...before, ...during])].map(([key, { subject }]) => ({ key, subject }));
  const changed = subjects.filter(({ subject }) => subject.kind !== 'version' || isOneOfSeveral(subject, subjects));
  return changed.map(({ key, subject }) => {
    const [was, is] = [before.get(key)?.count ?? 0, during.get(key)?.count ?? 0];
    const measure = subject.kind === 'error code' ? 'errors' : 'requests';
    return { subject, measure, before: was, during: is, countBefore: was, countDuring: is };
  });
};

/** A version says something only where there is another one to compare it with. */
const isOneOfSeveral = (version: Subject, subjects: readonly { readonly subject: Subject }[]): boolean =>
  subjects.filter(({ subject }) => subject.kind === 'version' && subject.service === version.service).length > 1;

const countSubjects = async (fromMs: number, toMs: number, signal: AbortSignal): Promise<Counts> => {
  const at = (ms: number): string => new Date(ms).toISOString();
  const { aggregations } = await backends.elasticsearch.search(
    {
      size: 0,
      query: {
        bool: {
          filter: [{ range: { '@timestamp': { gte: at(fromMs), lt: at(toMs) } } }],
          must_not: [{ term: { 'service.name': 'console' } }],
        },
      },
      aggs: {
        services: {
          terms: { field: 'service.name', size: 50 },
          aggs: {
            codes: { terms: { field: 'error.code', size: 50 } },
            versions: { terms: { field: 'service.version', size: 10 } },
          },
        },
      },
    },
    { signal },
  );
  const entries = (aggregations.services?.buckets ?? []).flatMap((service) => [
    ...readBuckets(service, 'codes', 'error code'),
    ...readBuckets(service, 'versions', 'version'),
  ]);
  return new Map(
    entries.map((entry) => [`${entry.subject.service}\n${entry.subject.kind}\n${entry.subject.name}`, entry]),
  );
};

const readBuckets = (service: Bucket, aggregation: string, kind: Subject['kind']) => {
  const { buckets = [] } = (service[aggregation] ?? {}) as { readonly buckets?: readonly Bucket[] };
  return buckets.map(({ key, doc_count: count }) => ({
    subject: { kind, name: String(key), service: String(service.key) },
    count,
  }));
};
