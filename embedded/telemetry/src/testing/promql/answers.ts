import type { WrittenSeries } from './remote-write.js';

export type Labels = WrittenSeries['labels'];
type Point = readonly [at: number, value: string];

/** An answer of Prometheus' query API. */
export interface Answer {
  status: 'success' | 'error';
  errorType?: string;
  error?: string;
  data?: { resultType: string; result: Point | { metric: Labels; value?: Point; values?: Point[] }[] };
}

export const ask = async (url: string, path: string, parameters: Record<string, string>): Promise<Answer> => {
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(parameters) });
  return (await response.json()) as Answer;
};

const tolerance = 1e-9;

const isSame = ([aAt, a]: Point, [bAt, b]: Point): boolean => {
  const [x, y] = [Number(a.replace('Inf', 'Infinity')), Number(b.replace('Inf', 'Infinity'))];
  if (aAt !== bAt || Number.isNaN(x) !== Number.isNaN(y)) return false;
  return a === b || x === y || Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y));
};

const pointsOf = ({ data }: Answer): Map<string, readonly Point[]> => {
  const result = data?.result ?? [];
  if (typeof result[0] === 'number') return new Map([['', [result as Point]]]);
  const series = result as { metric: Labels; value?: Point; values?: Point[] }[];
  const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort());
  return new Map(series.map(({ metric, value, values }) => [keyOf(metric), values ?? (value ? [value] : [])]));
};

const firstDifference = (a: Map<string, readonly Point[]>, b: Map<string, readonly Point[]>): string | undefined => {
  const names = (points: Map<string, readonly Point[]>): string => [...points.keys()].sort().join('\n');
  if (names(a) !== names(b)) return `other series: ${names(a)} and ${names(b)}`;
  for (const [name, points] of a) {
    const others = b.get(name) ?? [];
    const index = points.findIndex((point, at) => !isSame(point, others[at] ?? [0, '']));
    if (index >= 0) return `${name}: ${points[index]} and ${others[index]}`;
    if (points.length !== others.length) return `${name}: ${points.length} and ${others.length} points`;
  }
  return undefined;
};

/** What is different between two answers, in words; nothing within a relative 1e-9, or if both refuse alike. */
export const difference = (real: Answer, ours: Answer, { isOrdered = false } = {}): string | undefined => {
  if (real.errorType !== ours.errorType) return `${real.error ?? 'an answer'} and ${ours.error ?? 'an answer'}`;
  if (real.data?.resultType !== ours.data?.resultType) return `${real.data?.resultType} and ${ours.data?.resultType}`;
  const [a, b] = [pointsOf(real), pointsOf(ours)];
  const order = (points: typeof a): string => [...points.values()].map(([point]) => point?.[1]).join(' ');
  if (isOrdered && order(a) !== order(b)) return `in other orders: ${order(a)} and ${order(b)}`;
  return firstDifference(a, b);
};
