import { toDurationText } from '../duration.js';
import { buildTree } from '../tree.js';
import type { Evidence } from './evidence.js';

const contents = { jaeger: 'traces', elasticsearch: 'log lines', prometheus: 'circuit breakers and alerts' } as const;

/** What a reader must know about what is not there. */
export const findGaps = (evidence: Evidence): string[] => {
  const { traces, lines, areLinesCut, unavailable, subject } = evidence;
  const gaps = unavailable.map(
    ({ backend, message }) => `${backend} gave no answer about ${contents[backend]}: ${message}.`,
  );
  if (subject === undefined) return gaps;
  const isDown = (backend: string): boolean => unavailable.some((one) => one.backend === backend);
  if (traces.length === 0 && !isDown('jaeger')) {
    gaps.push('Its trace is not held: not sampled, too old, or not there yet. This is told from its log lines.');
  }
  if (lines.length === 0 && !isDown('elasticsearch'))
    gaps.push('No log lines of it are held: too old, or not there yet.');
  if (areLinesCut) gaps.push(`Only the first ${lines.length} log lines were read.`);
  const [focus] = traces;
  if (focus === undefined) return gaps;
  const nodes = [...buildTree(focus).nodes.values()];
  const orphans = nodes.filter(({ isOrphan }) => isOrphan).length;
  if (orphans > 0)
    gaps.push(`${orphans} of ${nodes.length} spans name a parent that is not there: the trace is not complete.`);
  const skewed = nodes.filter(({ skewUs }) => skewUs < 0).sort((a, b) => a.skewUs - b.skewUs)[0];
  if (skewed !== undefined) {
    const between = `${skewed.parent?.span.service} and ${skewed.span.service}`;
    gaps.push(
      `The clocks of ${between} differ by ${toDurationText(-skewed.skewUs)} or more; times are shown as they were told.`,
    );
  }
  return gaps;
};
