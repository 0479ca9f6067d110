import { useMemo, useState } from 'preact/hooks';
import { criticalPath, type PathSegment } from '../../../analysis/critical-path.js';
import type { LogLine } from '../../../analysis/log-line.js';
import { endOf, type Trace } from '../../../analysis/trace.js';
import { summarize } from '../../../analysis/trace-search.js';
import { buildTree } from '../../../analysis/tree.js';
import { toWaterfallRows, type WaterfallRow } from '../../../analysis/waterfall.js';
import { Link } from '../../shell/link.js';
import { setQuery, useLocation, withQuery } from '../../shell/location.js';
import { LineDetails } from './line-details.js';
import { colorServices } from './service-color.js';
import { SpanDetails } from './span-details.js';
import { TimeAxis } from './time-axis.js';
import { toScale } from './time-scale.js';
import { Waterfall } from './waterfall.js';

interface TraceBodyProps {
  readonly trace: Trace;
  readonly lines: readonly LogLine[];
}

/** The waterfall, what is switched on in it, and the details of the chosen row. */
export const TraceBody = ({ trace, lines }: TraceBodyProps) => {
  const { query } = useLocation();
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [zoom, setZoom] = useState(() => requestOnly(trace));
  const hasLines = query.get('lines') !== 'off';
  const hasPath = query.get('path') !== 'off';
  const tree = useMemo(() => buildTree(trace), [trace]);
  const segments = useMemo(() => groupBySpan(criticalPath(tree)), [tree]);
  const colors = useMemo(() => colorServices(trace.spans.map(({ service }) => service)), [trace]);
  const rows = useMemo(
    () => toWaterfallRows(tree, hasLines ? lines : [], { collapsed }),
    [tree, lines, hasLines, collapsed],
  );
  const selectedId = query.get('span') ?? '';
  const selected = rows.find(({ id }) => id === selectedId);
  const scale = toScale(zoom ?? { fromUs: trace.startUs, toUs: trace.startUs + Math.max(1, trace.durationUs) });
  const toggle = (id: string): void =>
    setCollapsed((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  const select = (id: string): void => setQuery({ span: id === selectedId ? undefined : id }, { replace: true });
  const parents = rows.filter((row) => row.kind === 'span' && row.hasBelow && row.depth > 0);
  return (
    <div class={selected === undefined ? 'trace-body' : 'trace-body trace-body-split'}>
      <section class="card waterfall-card" aria-label="Waterfall">
        <div class="toolbar waterfall-tools">
          <Switch name="lines" isOn={hasLines} label="log lines" />
          <Switch name="path" isOn={hasPath} label="critical path" />
          <button type="button" class="quiet" onClick={() => setCollapsed(new Set())} disabled={collapsed.size === 0}>
            expand all
          </button>
          <button type="button" class="quiet" onClick={() => setCollapsed(new Set(parents.map(({ id }) => id)))}>
            collapse
          </button>
          {zoom === undefined ? (
            <span class="muted wide-only">drag over the times to look closer</span>
          ) : (
            <button type="button" class="quiet" onClick={() => setZoom(undefined)}>
              whole time
            </button>
          )}
          <span class="spacer" />
          <span class="muted wide-only">
            keys: <kbd>↑</kbd> <kbd>↓</kbd> <kbd>←</kbd> <kbd>→</kbd>, <kbd>e</kbd> next error
          </span>
        </div>
        <TimeAxis scale={scale} startUs={trace.startUs} onZoom={setZoom} />
        <Waterfall
          rows={rows}
          scale={scale}
          colors={colors}
          segments={hasPath ? segments : noSegments}
          selectedId={selected?.id ?? ''}
          select={select}
          toggle={toggle}
        />
      </section>
      {selected === undefined ? null : (
        <Details row={selected} trace={trace} lines={lines} close={() => select(selected.id)} />
      )}
    </div>
  );
};

/** The request itself, where something of its trace went on so long after its answer that nothing else could be seen. */
const requestOnly = (trace: Trace): { readonly fromUs: number; readonly toUs: number } | undefined => {
  const { root } = summarize(trace);
  if (root === undefined || root.durationUs === 0 || trace.durationUs < 3 * root.durationUs) return undefined;
  return { fromUs: root.startUs, toUs: endOf(root) };
};

const noSegments: ReadonlyMap<string, readonly PathSegment[]> = new Map();

const groupBySpan = (path: readonly PathSegment[]): ReadonlyMap<string, readonly PathSegment[]> => {
  const groups = new Map<string, PathSegment[]>();
  for (const segment of path) groups.set(segment.spanId, [...(groups.get(segment.spanId) ?? []), segment]);
  return groups;
};

/** A link, since what is shown is part of the URL. */
const Switch = ({ name, isOn, label }: { readonly name: string; readonly isOn: boolean; readonly label: string }) => (
  <Link
    href={withQuery({ [name]: isOn ? 'off' : undefined })}
    class={isOn ? 'switch switch-on' : 'switch'}
    role="switch"
    aria-checked={isOn}
  >
    {label}
  </Link>
);

interface DetailsProps extends TraceBodyProps {
  readonly row: WaterfallRow;
  readonly close: () => void;
}

const Details = ({ row, trace, lines, close }: DetailsProps) => (
  <aside class="card details" aria-label="Details">
    {row.kind === 'span' ? (
      <SpanDetails node={row.node} trace={trace} lines={lines} close={close} />
    ) : (
      <LineDetails line={row.line} offsetUs={row.atUs - trace.startUs} close={close} />
    )}
  </aside>
);
