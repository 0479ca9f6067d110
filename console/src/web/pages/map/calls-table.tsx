import type { GraphEdge } from '../../../analysis/service-graph.js';
import { formatDuration, formatNumber, formatPercent, formatRate } from '../../parts/format.js';
import { Link } from '../../shell/link.js';
import { errorShareOf, toEdgeUrl } from './describe.js';

/** The same as the drawing, as a table: for small screens, screen readers, and whoever compares numbers. */
export const CallsTable = ({ edges }: { readonly edges: readonly GraphEdge[] }) => (
  <section class="card" aria-labelledby="calls-title">
    <header>
      <h2 id="calls-title">Calls</h2>
      <span class="muted">as the caller saw them</span>
    </header>
    <div class="table-scroll">
      <table class="calls">
        <thead>
          <tr>
            <th scope="col">From → to</th>
            <th scope="col" class="number">
              Rate
            </th>
            <th scope="col" class="number">
              Errors
            </th>
            <th scope="col" class="number">
              p50
            </th>
            <th scope="col" class="number">
              p95
            </th>
            <th scope="col" class="number">
              In the whole range
            </th>
          </tr>
        </thead>
        <tbody>
          {edges.map((edge) => (
            <Row key={`${edge.from} ${edge.to}`} edge={edge} />
          ))}
        </tbody>
      </table>
    </div>
  </section>
);

const Row = ({ edge }: { readonly edge: GraphEdge }) => {
  const share = errorShareOf(edge);
  const duration = (ms: number | undefined): string => (ms === undefined ? '–' : formatDuration(ms));
  return (
    <tr>
      <td>
        <Link href={toEdgeUrl(edge)}>
          {edge.from} → {edge.to}
        </Link>
      </td>
      <td class="number">{edge.calls === 0 ? '–' : formatRate(edge.rate)}</td>
      <td class={edge.errors > 0 ? 'number value-error' : 'number'}>
        {share === undefined ? '–' : formatPercent(share)}
      </td>
      <td class="number">{duration(edge.p50Ms)}</td>
      <td class="number">{duration(edge.p95Ms)}</td>
      <td class="number">{formatNumber(edge.totalCalls)}</td>
    </tr>
  );
};
