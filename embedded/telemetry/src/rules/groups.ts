import { setImmediate as turn } from 'node:timers/promises';
import { createEvaluatedRule, type EvaluatedRule, type RuleStore } from './evaluator.js';
import type { RuleGroup } from './load.js';

export interface EvaluatedGroup {
  readonly group: RuleGroup;
  readonly rules: readonly EvaluatedRule[];
  /**
   * Evaluates the rules one after the other, each with what the ones before have written at the same time. Between two
   * of them other work has its turn.
   */
  evaluate(at: number): Promise<void>;
  stats(): { evaluations: number; failures: number };
}

export const createEvaluatedGroup = (group: RuleGroup, store: RuleStore): EvaluatedGroup => {
  const rules = group.rules.map((rule) => createEvaluatedRule(rule, store));
  let evaluations = 0;
  let failures = 0;
  return {
    group,
    rules,
    async evaluate(at) {
      for (const rule of rules) {
        rule.evaluate(at);
        evaluations++;
        if (rule.health.state === 'err') failures++;
        await turn();
      }
    },
    stats: () => ({ evaluations, failures }),
  };
};

/** The first run does not wait for a whole interval: whoever has just started wants to see something. */
const firstRunMs = 2_000;

/** Runs each group at its interval; a run that is not over is not overtaken, but counted as missed. */
export const createSchedule = (
  groups: readonly EvaluatedGroup[],
  { now, onEvaluated }: { now: () => number; onEvaluated: () => void },
) => {
  const timers: NodeJS.Timeout[] = [];
  const running = new Map<EvaluatedGroup, Promise<void>>();
  let missed = 0;
  const tick = (group: EvaluatedGroup): void => {
    if (running.has(group)) {
      missed++;
      return;
    }
    const run = group.evaluate(now()).then(onEvaluated);
    running.set(
      group,
      run.finally(() => running.delete(group)),
    );
  };
  return {
    start(): void {
      for (const group of groups) {
        const { intervalMs } = group.group;
        const run = (): void => tick(group);
        timers.push(setInterval(run, intervalMs));
        if (intervalMs > firstRunMs) timers.push(setTimeout(run, firstRunMs));
      }
    },
    async stop(): Promise<void> {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running.values());
    },
    missed: () => missed,
  };
};
