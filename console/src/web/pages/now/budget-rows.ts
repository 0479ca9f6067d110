import type { Sample } from '../../../queries/prometheus.js';

/** What is left of the errors that an objective allows. */
export interface Budget {
  /** Its name in the rules, `purchases-availability`. */
  readonly slo: string;
  /** 1: nothing of it is used; below 0: more was used than there was. */
  readonly remaining: number;
  /** The promised share of good requests, 0 to 1. */
  readonly objective: number | undefined;
  /** Errors of the last hour as a multiple of what would use up the budget exactly at the end of its period. */
  readonly burnRate: number | undefined;
}

export interface BudgetSamples {
  readonly remaining: readonly Sample[];
  readonly objectives: readonly Sample[];
  readonly hourlyErrors: readonly Sample[];
}

/** The smallest rest first. Without a recorded rest there is no budget to show. */
export const toBudgets = ({ remaining, objectives, hourlyErrors }: BudgetSamples): Budget[] => {
  const findValue = (samples: readonly Sample[], slo: string): number | undefined =>
    samples.find(({ labels }) => labels.slo === slo)?.value;
  return remaining
    .flatMap(({ labels: { slo }, value }) => {
      if (slo === undefined || !Number.isFinite(value)) return [];
      const objective = findValue(objectives, slo);
      const errors = findValue(hourlyErrors, slo);
      const burnRate =
        objective === undefined || errors === undefined || objective >= 1 ? undefined : errors / (1 - objective);
      return [{ slo, remaining: value, objective, burnRate }];
    })
    .sort((a, b) => a.remaining - b.remaining || a.slo.localeCompare(b.slo));
};
