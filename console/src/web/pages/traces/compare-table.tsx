import type { ComparedPath, PathFigures, Verdict } from '../../../analysis/compare.js';
import type { Trace } from '../../../analysis/trace.js';
import { formatDuration } from '../../parts/format.js';
import { PlainText } from '../../parts/plain-text.js';
import { Link } from '../../shell/link.js';
import { withQuery } from '../../shell/location.js';

interface CompareTableProps {
  readonly paths: readonly ComparedPath[];
  readonly a: Trace;
  readonly b: Trace;
  readonly isOnlyDifferences: boolean;
}

const badges: Readonly<Record<Verdict, string>> = {
  added: 'badge badge-warn',
  missing: 'badge badge-warn',
  slower: 'badge badge-error',
  faster: 'badge badge-ok',
  same: '',
};
const verdicts: readonly Verdict[] = ['slower', 'faster', 'added', 'missing'];
const words: Readonly<Record<Verdict, string>> = {
  added: 'only in B',
  missing: 'only in A',
  slower: 'slower',
  faster: 'faster',
  same: '',
};

export const CompareTable = ({ paths, a, b, isOnlyDifferences }: CompareTableProps) => {
  const longestUs = Math.max(1, ...paths.flatMap((path) => [path.a?.us ?? 0, path.b?.us ?? 0]));
  const shown = isOnlyDifferences ? paths.filter((path) => differs(path)) : paths;
  const counts = verdicts.map((verdict) => ({
    verdict,
    count: paths.filter((path) => path.verdict === verdict).length,
  }));
  return (
    <section class="card" aria-labelledby="compared">
      <header>
        <h2 id="compared">By service and operation</h2>
        {counts.map(({ verdict, count }) => (
          <span key={verdict} class={count === 0 ? 'badge' : badges[verdict]}>
            {count} {words[verdict]}
          </span>
        ))}
        <span class="spacer" />
        <Link href={withQuery({ only: isOnlyDifferences ? undefined : 'differences' })}>
          {isOnlyDifferences ? 'show all' : 'only what differs'}
        </Link>
      </header>
      <div class="table-scroll">
        <table class="compare">
          <thead>
            <tr>
              <th scope="col">Span</th>
              <th scope="col" class="number">
                A
              </th>
              <th scope="col" class="number">
                B
              </th>
              <th scope="col">Difference</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((path) => (
              <tr key={path.key} class={differs(path) ? '' : 'muted'}>
                <th scope="row" style={{ paddingLeft: `calc(10px + ${Math.min(path.depth, 20)} * var(--indent))` }}>
                  <span class="muted">{path.service}</span> <PlainText text={path.name} maxLength={120} />
                </th>
                <Figures figures={path.a} trace={a} longestUs={longestUs} />
                <Figures figures={path.b} trace={b} longestUs={longestUs} />
                <td>
                  <Difference path={path} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === 0 ? <p class="empty">The two do not differ by more than noise.</p> : null}
    </section>
  );
};

const differs = ({ verdict, a, b }: ComparedPath): boolean =>
  verdict !== 'same' || (a?.errors ?? 0) !== (b?.errors ?? 0);

interface FiguresProps {
  readonly figures: PathFigures | undefined;
  readonly trace: Trace;
  readonly longestUs: number;
}

const Figures = ({ figures, trace, longestUs }: FiguresProps) => (
  <td class="number compare-figures">
    {figures === undefined ? (
      <span class="muted">–</span>
    ) : (
      <>
        {figures.errors > 0 ? (
          <span class="badge badge-error">{figures.errors === 1 ? 'error' : `${figures.errors} errors`}</span>
        ) : null}{' '}
        {figures.count > 1 ? <span class="muted">{figures.count} × </span> : null}
        <Link href={`/traces/${trace.traceId}?span=${figures.spanId}`}>{formatDuration(figures.us / 1_000)}</Link>
        <i style={{ width: `${(figures.us / longestUs) * 100}%` }} />
      </>
    )}
  </td>
);

const Difference = ({ path }: { readonly path: ComparedPath }) => {
  const { a, b, verdict } = path;
  const deltaUs = (b?.us ?? 0) - (a?.us ?? 0);
  return (
    <>
      {verdict === 'same' ? null : <span class={badges[verdict]}>{words[verdict]}</span>}{' '}
      {verdict === 'slower' || verdict === 'faster' ? (
        <span>
          {deltaUs > 0 ? '+' : '−'}
          {formatDuration(Math.abs(deltaUs) / 1_000)}
        </span>
      ) : null}{' '}
      {(a?.errors ?? 0) < (b?.errors ?? 0) ? <span class="badge badge-error">fails in B</span> : null}
      {(a?.errors ?? 0) > (b?.errors ?? 0) ? <span class="badge badge-ok">failed in A</span> : null}
    </>
  );
};
