/** What was measured of a thing: how many there were, or how long they took. */
export type Measure = 'requests' | 'errors' | 'duration';

/** What differs: a route, a call, a status, an error code, a version … */
export interface Subject {
  readonly kind: 'service' | 'route' | 'call' | 'status' | 'outcome' | 'error code' | 'version';
  /** Its name as a person reads it, `POST /api/orders`; unique within its kind and service. */
  readonly name: string;
  /** The service that told it; empty if several did. */
  readonly service: string;
}

/** One thing in the window in question and in the window of the same length before. */
export interface Observation {
  readonly subject: Subject;
  readonly measure: Measure;
  /** A count, or seconds. */
  readonly before: number;
  readonly during: number;
  /** How many observations a duration is made of; the counts themselves otherwise. */
  readonly countBefore: number;
  readonly countDuring: number;
}

export interface Difference extends Observation {
  /** How unlikely it is that chance did it, in standard deviations; negative if there is less than before. */
  readonly deviation: number;
}

/** Below this many standard deviations it is noise. */
const minDeviation = 3;

/** Below this change nobody would call it a spike, however sure it is. Durations breathe with the load. */
const minChange: Readonly<Record<Measure, number>> = { errors: 0.2, duration: 0.5, requests: 0.2 };

/** More failures matter more than a request more or less; what has become better is good to know, and no more. */
const weights: Readonly<Record<Measure, number>> = { errors: 3, duration: 2, requests: 1 };

export const maxDifferences = 25;

/** What differs most between two windows, the most telling first. */
export const rankDifferences = (observations: readonly Observation[]): Difference[] =>
  observations
    .map((observation) => ({ ...observation, deviation: toDeviation(observation) }))
    .filter((difference) => isSure(difference) && isNotable(difference))
    .sort((a, b) => weigh(b) - weigh(a))
    .slice(0, maxDifferences);

const isSure = ({ deviation }: Difference): boolean =>
  Number.isFinite(deviation) && Math.abs(deviation) >= minDeviation;

const weigh = ({ deviation, measure }: Difference): number =>
  deviation > 0 ? deviation * weights[measure] : -deviation;

const isNotable = ({ before, during, measure }: Observation): boolean =>
  before === 0 || during === 0 || Math.abs(during - before) / Math.min(before, during) >= minChange[measure];

const toDeviation = (observation: Observation): number =>
  observation.measure === 'duration' ? toDurationDeviation(observation) : toCountDeviation(observation);

/**
 * Two counts of independent events. The square root of a count has a standard deviation of a half, whatever the count
 * (Anscombe 1948), so the difference of two has one of the square root of a half.
 */
const toCountDeviation = ({ before, during }: Observation): number => {
  const root = (count: number): number => Math.sqrt(Math.max(0, count) + 3 / 8);
  return (root(during) - root(before)) * Math.SQRT2;
};

/** Durations spread about as a log-normal distribution whose logarithm has a standard deviation near 1. */
const toDurationDeviation = ({ before, during, countBefore, countDuring }: Observation): number => {
  if (!(before > 0) || !(during > 0) || countBefore < 1 || countDuring < 1) return 0;
  return Math.log(during / before) / Math.sqrt(1 / countBefore + 1 / countDuring);
};
