import type { Labels } from '../../../queries/prometheus.js';

/** What tells one series of a chart from the others: its name without what all of them share. */
export const nameSeries = (all: readonly Labels[]): string[] => {
  const names = new Set(all.flatMap((labels) => Object.keys(labels)));
  const differing = [...names].filter((name) => new Set(all.map((labels) => labels[name])).size > 1);
  return all.map((labels) => {
    const shown = all.length === 1 ? Object.keys(labels).filter((name) => name !== '__name__') : differing;
    const values = shown.flatMap((name) =>
      labels[name] === undefined || labels[name] === '' ? [] : [[name, labels[name]] as const],
    );
    const [first] = values;
    if (first === undefined) return labels.__name__ ?? 'value';
    if (values.length === 1 && shown.length === 1) return first[1];
    return values
      .map(([name, value]) => (name === '__name__' || isTelling(name) ? value : `${name}=${value}`))
      .join(' ');
  });
};

/** Labels whose values say by themselves what they are. */
const isTelling = (name: string): boolean =>
  /^(job|outcome|level|peer_service|http_route|http_request_method|db_collection|db_operation|quantile_name|slo)$/.test(
    name,
  );
