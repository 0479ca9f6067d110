import type { Labels } from '../../../queries/prometheus.js';

/** What tells one series of a chart from the others: the values of the labels that differ, as few as it takes. */
export const nameSeries = (all: readonly Labels[]): string[] => {
  const names = [...new Set(all.flatMap((labels) => Object.keys(labels)))];
  const differing = names.filter((name) => all.length === 1 || new Set(all.map((labels) => labels[name])).size > 1);
  const telling = differing.filter((name) => !isWhere(name));
  const short = all.map((labels) => toName(labels, telling));
  return new Set(short).size === all.length ? short : all.map((labels) => toName(labels, differing));
};

const toName = (labels: Labels, shown: readonly string[]): string => {
  const present = shown.filter((name) => (labels[name] ?? '') !== '');
  if (present.length === 0) return labels.__name__ ?? 'value';
  const speaksAlone = (name: string): boolean => shown.length === 1 || isTelling(name);
  return present.map((name) => (speaksAlone(name) ? labels[name] : `${name}=${labels[name]}`)).join(' ');
};

/** What is said only where nothing else tells two series apart. */
const isWhere = (name: string): boolean => name === '__name__' || name === 'instance';

/** Labels whose values say by themselves what they are. */
const isTelling = (name: string): boolean =>
  /^(__name__|job|outcome|level|peer_service|http_route|http_request_method|db_collection|db_operation|slo)$/.test(
    name,
  );
