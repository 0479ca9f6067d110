import type { Suggestion } from './completion.js';

const describe = (text: string, detail: string): Suggestion => ({ text, detail: `function: ${detail}` });

/** What docs/promql.md says that our engine knows; the real Prometheus knows these and more. */
export const functions: readonly Suggestion[] = [
  describe('rate', 'increase per second, averaged over a range'),
  describe('irate', 'increase per second between the last two points'),
  describe('increase', 'increase of a counter over a range'),
  describe('histogram_quantile', 'a quantile from the buckets of a histogram'),
  describe('sum', 'sum over series'),
  describe('avg', 'average over series'),
  describe('min', 'smallest of series'),
  describe('max', 'largest of series'),
  describe('count', 'how many series'),
  describe('topk', 'the k largest series'),
  describe('bottomk', 'the k smallest series'),
  describe('quantile', 'a quantile over series'),
  describe('delta', 'change of a gauge over a range'),
  describe('deriv', 'slope of a gauge, by linear regression'),
  describe('changes', 'how often a value has changed'),
  describe('resets', 'how often a counter began again'),
  describe('avg_over_time', 'average of each series over a range'),
  describe('min_over_time', 'smallest value of each series'),
  describe('max_over_time', 'largest value of each series'),
  describe('sum_over_time', 'sum of each series'),
  describe('count_over_time', 'how many points each series has'),
  describe('quantile_over_time', 'a quantile of each series'),
  describe('stddev_over_time', 'standard deviation of each series'),
  describe('last_over_time', 'last value of each series'),
  describe('absent', '1 if there is no such series'),
  describe('clamp_min', 'at least'),
  describe('clamp_max', 'at most'),
  describe('round', 'rounded'),
  describe('abs', 'without sign'),
  describe('scalar', 'a single series as a number'),
  describe('vector', 'a number as a series'),
  describe('time', 'now, in seconds since 1970'),
];
