import { errorsInCausalOrder, firstError, type TraceError } from './causes.js';
import type { Trace } from './trace.js';
import { buildTree } from './tree.js';

/** What two failures have in common if they have the same cause. */
export const signatureOf = ({ node: { span }, code }: TraceError): string => [span.service, span.name, code].join('\n');

/** The traces whose first error is of the same service, operation and code as this one. */
export const similarFailures = (error: TraceError, traces: readonly Trace[]): Trace[] => {
  const wanted = signatureOf(error);
  return traces.filter((trace) => {
    const first = firstError(errorsInCausalOrder(buildTree(trace)));
    return first !== undefined && signatureOf(first) === wanted;
  });
};
