import { useEffect, useRef, useState } from 'preact/hooks';
import type { PathSegment } from '../../../analysis/critical-path.js';
import type { WaterfallRow } from '../../../analysis/waterfall.js';
import { useRowHeight } from './row-height.js';
import type { TimeScale } from './time-scale.js';
import { useWindow } from './use-window.js';
import { LogRowView, SpanRowView } from './waterfall-rows.js';

interface WaterfallProps {
  readonly rows: readonly WaterfallRow[];
  readonly scale: TimeScale;
  readonly colors: ReadonlyMap<string, string>;
  /** The critical path by span id. */
  readonly segments: ReadonlyMap<string, readonly PathSegment[]>;
  readonly selectedId: string;
  readonly select: (id: string) => void;
  readonly toggle: (id: string) => void;
}

/** Of the page, which stays above. Pixels. */
const headerHeight = 56;

/**
 * The rows as a tree: up and down move, left and right collapse, expand and go to the parent or first child, Enter opens
 * the details, `e` goes to the next error.
 */
export const Waterfall = ({ rows, scale, colors, segments, selectedId, select, toggle }: WaterfallProps) => {
  const element = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const [activeId, setActiveId] = useState(selectedId);
  const { first, last } = useWindow(element, rows.length, rowHeight);
  const found = rows.findIndex(({ id }) => id === activeId);
  const active = found < 0 ? 0 : found;

  const show = (index: number): void => {
    const top = (element.current?.getBoundingClientRect().top ?? 0) + index * rowHeight;
    if (top < headerHeight) window.scrollBy({ top: top - headerHeight });
    else if (top + rowHeight > window.innerHeight) window.scrollBy({ top: top + 2 * rowHeight - window.innerHeight });
  };
  // A link to a span leads to where it can be seen.
  useEffect(() => {
    if (found > 0) show(found);
  }, []);

  const moveTo = (index: number): void => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (row === undefined) return;
    setActiveId(row.id);
    show(rows.indexOf(row));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keyActions({ rows, active, moveTo, select, toggle })[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  const choose = (id: string): void => {
    setActiveId(id);
    select(id);
  };
  return (
    <div
      ref={element}
      class="waterfall"
      role="tree"
      aria-label="Spans and log lines"
      tabIndex={0}
      aria-activedescendant={rows[active] === undefined ? undefined : `row-${active}`}
      onKeyDown={onKeyDown}
      style={{ height: `${rows.length * rowHeight}px` }}
    >
      {rows.slice(first, last).map((row, offset) => {
        const index = first + offset;
        const shared = {
          index,
          count: rows.length,
          top: index * rowHeight,
          scale,
          isActive: index === active,
          isSelected: row.id === selectedId,
          choose,
        };
        return row.kind === 'span' ? (
          <SpanRowView
            key={row.id}
            row={row}
            {...shared}
            color={colors.get(row.node.span.service) ?? ''}
            segments={segments.get(row.id) ?? []}
            toggle={toggle}
          />
        ) : (
          <LogRowView key={row.id} row={row} {...shared} />
        );
      })}
    </div>
  );
};

interface Keys {
  readonly rows: readonly WaterfallRow[];
  readonly active: number;
  readonly moveTo: (index: number) => void;
  readonly select: (id: string) => void;
  readonly toggle: (id: string) => void;
}

/** The keys of a tree as the ARIA Authoring Practices name them. */
const keyActions = ({ rows, active, moveTo, select, toggle }: Keys): Readonly<Record<string, () => void>> => {
  const row = rows[active];
  const isOpen = row?.kind === 'span' && row.hasBelow && !row.isCollapsed;
  const isClosed = row?.kind === 'span' && row.isCollapsed;
  const parentOf = (): number => rows.findLastIndex((each, index) => index < active && each.depth < (row?.depth ?? 0));
  const isError = (each: WaterfallRow): boolean =>
    each.kind === 'span' ? each.node.span.isError || each.hiddenErrors > 0 : each.line.level === 'error';
  return {
    ArrowDown: () => moveTo(active + 1),
    ArrowUp: () => moveTo(active - 1),
    ArrowRight: () => (isClosed && row ? toggle(row.id) : moveTo(isOpen ? active + 1 : active)),
    ArrowLeft: () => (isOpen && row ? toggle(row.id) : moveTo(Math.max(0, parentOf()))),
    Home: () => moveTo(0),
    End: () => moveTo(rows.length - 1),
    PageDown: () => moveTo(active + 15),
    PageUp: () => moveTo(active - 15),
    Enter: () => row && select(row.id),
    ' ': () => row && select(row.id),
    e: () => {
      const next = rows.findIndex((each, index) => index > active && isError(each));
      const wrapped = next < 0 ? rows.findIndex(isError) : next;
      if (wrapped >= 0) moveTo(wrapped);
    },
  };
};
