import type { ComponentChildren } from 'preact';
import type { PathSegment } from '../../../analysis/critical-path.js';
import { endOf } from '../../../analysis/trace.js';
import { toVisibleText } from '../../../analysis/visible-text.js';
import type { LogRow, SpanRow } from '../../../analysis/waterfall.js';
import { formatDuration } from '../../parts/format.js';
import type { TimeScale } from './time-scale.js';

interface RowProps {
  readonly index: number;
  /** Of all rows, also those that are not drawn. */
  readonly count: number;
  /** Pixels. */
  readonly top: number;
  readonly scale: TimeScale;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly choose: (id: string) => void;
}

interface SpanRowProps extends RowProps {
  readonly row: SpanRow;
  readonly color: string;
  readonly segments: readonly PathSegment[];
  readonly toggle: (id: string) => void;
}

/** Longer texts than this are cut by the row's edge in any case. */
const maxLength = 200;
const deepest = 24;

export const SpanRowView = ({ row, color, segments, toggle, scale, ...rest }: SpanRowProps) => {
  const { span } = row.node;
  const [from, to] = [scale.percent(span.startUs), scale.percent(endOf(span))];
  const isVisible = scale.isInside(span.startUs, endOf(span));
  return (
    <Row
      {...rest}
      id={row.id}
      depth={row.depth}
      kind={span.isError ? 'waterfall-row span-row span-row-error' : 'waterfall-row span-row'}
      isExpanded={row.hasBelow ? !row.isCollapsed : undefined}
      name={
        <>
          <Toggle row={row} toggle={toggle} />
          <i class="service-swatch" style={{ background: color }} />
          <b>{span.service}</b>
          <span>{toVisibleText(span.name.slice(0, maxLength))}</span>
          {span.isError ? <em class="error-mark">error</em> : null}
          {row.hiddenErrors > 0 ? <em class="error-mark">{row.hiddenErrors} errors below</em> : null}
        </>
      }
    >
      {isVisible ? (
        <>
          <span
            class={span.isError ? 'span-bar span-bar-error' : 'span-bar'}
            style={{ left: `${from}%`, width: `${Math.max(0, to - from)}%`, background: color }}
          />
          {segments
            .filter(({ fromUs, toUs }) => scale.isInside(fromUs, toUs))
            .map(({ fromUs, toUs }) => (
              <i
                key={fromUs}
                class="critical"
                style={{ left: `${scale.percent(fromUs)}%`, width: `${scale.percent(toUs) - scale.percent(fromUs)}%` }}
              />
            ))}
          <span class={isInside(from, to) ? 'bar-label bar-label-inside' : 'bar-label'} style={labelPlace(from, to)}>
            {formatDuration(span.durationUs / 1_000)}
            {row.node.skewUs < 0 ? ', clock off' : ''}
            {row.node.skewUs > 0 ? ', caller gone' : ''}
          </span>
        </>
      ) : null}
    </Row>
  );
};

/** A bar that leaves no room on either side has its label within. Percent. */
const isInside = (from: number, to: number): boolean => to > 80 && from < 20;

const labelPlace = (from: number, to: number): Readonly<Record<string, string>> => {
  if (isInside(from, to)) return { right: `${100 - to}%` };
  return to <= 80 ? { left: `${to}%` } : { right: `${100 - from}%` };
};

/** For the mouse only; the tree has keys for it. */
const Toggle = ({ row, toggle }: Pick<SpanRowProps, 'row' | 'toggle'>) => {
  if (!row.hasBelow) return <span class="toggle" />;
  const onClick = (event: MouseEvent): void => {
    event.stopPropagation();
    toggle(row.id);
  };
  return (
    <span class="toggle" aria-hidden="true" onClick={onClick}>
      {row.isCollapsed ? '▸' : '▾'}
    </span>
  );
};

export const LogRowView = ({ row, scale, ...rest }: RowProps & { readonly row: LogRow }) => {
  const { line, atUs } = row;
  const at = scale.percent(atUs);
  const text = toVisibleText(line.message.slice(0, maxLength));
  const isLate = at > 50;
  const place = isLate ? { right: `${100 - at}%`, maxWidth: `${at}%` } : { left: `${at}%`, maxWidth: `${100 - at}%` };
  return (
    <Row
      {...rest}
      id={row.id}
      depth={row.depth}
      kind={`waterfall-row log-row log-row-${line.level}`}
      isExpanded={undefined}
      name={
        <>
          <span class="toggle" />
          <em class="level">{line.level}</em>
          <span>{toVisibleText((line.fact || line.service).slice(0, maxLength))}</span>
        </>
      }
    >
      {scale.isInside(atUs, atUs) ? (
        <>
          <i class="moment" style={{ left: `${at}%` }} />
          <span class={isLate ? 'log-text log-text-late' : 'log-text'} style={place}>
            <bdi>{text}</bdi>
          </span>
        </>
      ) : null}
    </Row>
  );
};

interface RowFrameProps extends Omit<RowProps, 'scale'> {
  readonly id: string;
  readonly depth: number;
  readonly kind: string;
  readonly isExpanded: boolean | undefined;
  readonly name: ComponentChildren;
  readonly children: ComponentChildren;
}

const Row = ({
  index,
  count,
  top,
  isActive,
  isSelected,
  choose,
  id,
  depth,
  kind,
  isExpanded,
  name,
  children,
}: RowFrameProps) => (
  // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and names the active row
  // biome-ignore lint/a11y/useKeyWithClickEvents: the tree listens to keys
  <div
    id={`row-${index}`}
    role="treeitem"
    aria-level={depth + 1}
    aria-posinset={index + 1}
    aria-setsize={count}
    aria-expanded={isExpanded}
    aria-selected={isSelected}
    class={`${kind}${isActive ? ' row-active' : ''}${isSelected ? ' row-selected' : ''}`}
    style={{ top: `${top}px` }}
    onClick={() => choose(id)}
  >
    <span class="waterfall-name" style={{ paddingLeft: `calc(${Math.min(depth, deepest)} * var(--indent))` }}>
      {name}
    </span>
    <span class="waterfall-time">{children}</span>
  </div>
);
