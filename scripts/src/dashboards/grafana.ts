/**
 * Grafana's dashboards as far as this shop needs them: panels in rows, each a question to Prometheus or to the logs. The
 * shape is that of Grafana's classic dashboard model (grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model).
 */

export interface Query {
  readonly expr: string;
  /** What a series is called; `{{label}}` is replaced. */
  readonly legend: string;
  /** Dots that open their trace; only questions to a histogram's buckets have them. */
  readonly hasExemplars?: boolean;
}

export interface Panel {
  readonly title: string;
  /** What a reader should make of it. */
  readonly description?: string;
  readonly kind: 'lines' | 'stat' | 'table' | 'logs';
  /** Of PromQL; a panel of logs has a Lucene query instead. */
  readonly queries?: readonly Query[];
  readonly logQuery?: string;
  /** Grafana's names: s, reqps, percentunit, bytes, short, ops, currencyEUR. */
  readonly unit?: string;
  /** Of the 24 columns of a row. */
  readonly width: number;
  /** Where a click on a series leads. */
  readonly link?: { readonly title: string; readonly url: string };
  /** Values from here on are shown in red. */
  readonly alarmFrom?: number;
  readonly min?: number;
  readonly max?: number;
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** A question for label values, as Grafana's Prometheus data source asks it. */
  readonly values: string;
  readonly first: string;
}

export interface Dashboard {
  /** Also the name of its file; its uid has the prefix `glasshouse-`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly variables?: readonly Variable[];
  readonly rows: readonly (readonly Panel[])[];
}

/** What was provisioned in infra/grafana/provisioning/datasources. */
const prometheus = { type: 'prometheus', uid: 'prometheus' };
const elasticsearch = { type: 'elasticsearch', uid: 'elasticsearch' };

const heights: Readonly<Record<Panel['kind'], number>> = { lines: 8, stat: 4, table: 9, logs: 9 };
const types: Readonly<Record<Panel['kind'], string>> = {
  lines: 'timeseries',
  stat: 'stat',
  table: 'table',
  logs: 'logs',
};

/** A panel with one question, as nearly all of them are. */
export const lines = (
  title: string,
  width: number,
  expr: string,
  legend: string,
  rest: Partial<Panel> = {},
): Panel => ({
  title,
  kind: 'lines',
  width,
  min: 0,
  queries: [{ expr, legend }],
  ...rest,
});

export const stat = (title: string, width: number, expr: string, rest: Partial<Panel> = {}): Panel => ({
  title,
  kind: 'stat',
  width,
  queries: [{ expr, legend: '' }],
  ...rest,
});

/** Three quantiles of a histogram's buckets, with dots that open their trace. */
export const quantiles = (title: string, width: number, rate: string, rest: Partial<Panel> = {}): Panel => ({
  title,
  description: 'Each dot is one request: click it for its trace.',
  kind: 'lines',
  unit: 's',
  width,
  min: 0,
  queries: [0.5, 0.95, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (le) (${rate}))`,
    legend: `p${quantile * 100}`,
    hasExemplars: quantile === 0.99,
  })),
  ...rest,
});

/** Counters that have not counted yet have no series; a line at zero says so. */
export const orZero = (expr: string): string => `${expr} or vector(0)`;

/** The file that Grafana reads, with a line for each panel, so that a change can be read. */
export const toGrafanaFile = (dashboard: Dashboard): string => {
  const { panels, ...rest } = toGrafanaDashboard(dashboard);
  const head = Object.entries(rest).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  const body = panels.map((panel) => `    ${JSON.stringify(panel)}`).join(',\n');
  return `{\n${head.join('\n')}\n  "panels": [\n${body}\n  ]\n}\n`;
};

const toGrafanaDashboard = ({ name, title, description, variables = [], rows }: Dashboard) => ({
  uid: toUid(name),
  title,
  description,
  tags: ['glasshouse'],
  schemaVersion: 39,
  editable: false,
  graphTooltip: 1,
  time: { from: 'now-30m', to: 'now' },
  refresh: '10s',
  templating: { list: variables.map(toVariable) },
  annotations: { list: [] },
  links: [
    { type: 'dashboards', title: 'Dashboards', tags: ['glasshouse'], asDropdown: true, keepTime: true },
    toLink('Console', 'http://localhost:8090'),
    toLink('Kibana', 'http://localhost:5601/app/dashboards#/view/glasshouse-logs'),
    toLink('Jaeger', 'http://localhost:16686'),
  ],
  panels: toPanels(rows),
});

const toLink = (title: string, url: string) => ({ type: 'link', title, url, targetBlank: true, icon: 'external link' });

export const toUid = (name: string): string => `glasshouse-${name}`;

const toVariable = ({ name, label, values, first }: Variable) => ({
  type: 'query',
  name,
  label,
  datasource: prometheus,
  query: { query: values, refId: name },
  definition: values,
  refresh: 2,
  sort: 1,
  current: { text: first, value: first },
});

const toPanels = (rows: Dashboard['rows']) => {
  let id = 0;
  let y = 0;
  return rows.flatMap((row) => {
    let x = 0;
    const height = Math.max(...row.map(({ kind }) => heights[kind]));
    const panels = row.map((panel) => {
      id += 1;
      const gridPos = { x, y, w: panel.width, h: height };
      x += panel.width;
      return toPanel(panel, id, gridPos);
    });
    y += height;
    return panels;
  });
};

const toPanel = (panel: Panel, id: number, gridPos: object) => ({
  id,
  type: types[panel.kind],
  title: panel.title,
  ...(panel.description === undefined ? {} : { description: panel.description }),
  gridPos,
  datasource: panel.kind === 'logs' ? elasticsearch : prometheus,
  fieldConfig: { defaults: toFieldDefaults(panel), overrides: [] },
  options: toOptions(panel.kind),
  ...(panel.kind === 'table' ? { transformations: [{ id: 'merge', options: {} }, hideTime] } : {}),
  targets:
    panel.kind === 'logs' ? [toLogTarget(panel.logQuery ?? '*')] : (panel.queries ?? []).map(toTarget(panel.kind)),
});

const hideTime = { id: 'organize', options: { excludeByName: { Time: true, __name__: true } } };

const toFieldDefaults = ({ unit = 'short', link, alarmFrom, min, max, kind }: Panel) => ({
  unit,
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
  color: { mode: kind === 'stat' ? 'thresholds' : 'palette-classic' },
  thresholds: {
    mode: 'absolute',
    steps: [{ color: 'green', value: null }, ...(alarmFrom === undefined ? [] : [{ color: 'red', value: alarmFrom }])],
  },
  ...(link === undefined ? {} : { links: [link] }),
  ...(kind === 'lines' ? { custom: { lineWidth: 1, fillOpacity: 8, showPoints: 'never', spanNulls: 60_000 } } : {}),
});

const toOptions = (kind: Panel['kind']) => {
  if (kind === 'lines')
    return { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } };
  if (kind === 'stat') return { reduceOptions: { calcs: ['lastNotNull'] }, graphMode: 'area', colorMode: 'value' };
  if (kind === 'logs') return { showTime: true, wrapLogMessage: true, enableLogDetails: true, sortOrder: 'Descending' };
  return { showHeader: true, sortBy: [] };
};

const toTarget =
  (kind: Panel['kind']) =>
  ({ expr, legend, hasExemplars = false }: Query, index: number) => ({
    refId: toRefId(index),
    datasource: prometheus,
    expr,
    legendFormat: legend,
    ...(kind === 'table' ? { instant: true, range: false, format: 'table' } : { range: true }),
    ...(hasExemplars ? { exemplar: true } : {}),
  });

const toLogTarget = (query: string) => ({
  refId: 'A',
  datasource: elasticsearch,
  query,
  timeField: '@timestamp',
  metrics: [{ id: '1', type: 'logs', settings: { limit: '200' } }],
  bucketAggs: [],
});

const toRefId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);
