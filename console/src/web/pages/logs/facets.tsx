import { hasPart, withoutPart, withPart } from '../../../analysis/log-query/edit.js';
import { printLogQuery } from '../../../analysis/log-query/print.js';
import type { LogQuery } from '../../../analysis/log-query/syntax.js';
import { toVisibleText } from '../../../analysis/visible-text.js';
import { formatNumber } from '../../parts/format.js';
import { setQuery } from '../../shell/location.js';
import type { Overview } from './log-search.js';

interface FacetsProps {
  readonly facets: Overview['facets'];
  readonly total: number;
  readonly query: LogQuery;
}

const titles: Readonly<Record<string, string>> = {
  'service.name': 'Service',
  'log.level': 'Level',
  'event.action': 'Fact',
  'http.route': 'Route',
  'error.code': 'Error code',
};

/** The most frequent values of some fields; each can be asked for or excluded. */
export const Facets = ({ facets, total, query }: FacetsProps) => (
  <div class="facets">
    {facets.map(({ field, values: { values, rest } }) =>
      values.length === 0 ? null : (
        <section key={field} aria-label={titles[field] ?? field}>
          <h3>{titles[field] ?? field}</h3>
          <ul>
            {values.map(({ value, count }) => (
              <FacetValue
                key={value}
                field={field}
                value={value}
                count={count}
                share={count / Math.max(1, total)}
                query={query}
              />
            ))}
          </ul>
          {rest > 0 ? <p class="muted">{formatNumber(rest)} with other values</p> : null}
        </section>
      ),
    )}
  </div>
);

interface FacetValueProps {
  readonly field: string;
  readonly value: string;
  readonly count: number;
  readonly share: number;
  readonly query: LogQuery;
}

const FacetValue = ({ field, value, count, share, query }: FacetValueProps) => {
  const part: LogQuery = { kind: 'is', field, value };
  const isAsked = hasPart(query, part);
  const ask = (changed: LogQuery): void => setQuery({ q: printLogQuery(changed) });
  const text = toVisibleText(value.slice(0, 200));
  return (
    <li class={isAsked ? 'facet facet-asked' : 'facet'}>
      <button
        type="button"
        aria-pressed={isAsked}
        onClick={() => ask(isAsked ? withoutPart(query, part) : withPart(query, part))}
      >
        <span title={text}>{text}</span>
        <span class="number">{formatNumber(count)}</span>
        <i style={{ width: `${share * 100}%` }} />
      </button>
      <button
        type="button"
        class="exclude"
        aria-label={`Exclude ${text}`}
        title="Exclude"
        onClick={() => ask(withPart(query, { kind: 'not', part }))}
      >
        −
      </button>
    </li>
  );
};
