import { type Chart, charts, type SavedSearch, searches } from './kibana-contents.js';

/**
 * What Kibana shows of the logs: a data view whose fields link on, searches to begin with, and a dashboard. The shapes are
 * those of Kibana 8's saved objects, as its import takes them (one JSON document per line).
 */

const dataViewId = 'glasshouse-logs';
const migration = { coreMigrationVersion: '8.8.0', managed: false };

const toLink = (urlTemplate: string) => ({
  id: 'url',
  params: { type: 'a', urlTemplate, labelTemplate: '{{value}}', openLinkInCurrentTab: false },
});

/** Every field here leads to another tool, but for the durations: nanoseconds are for machines. */
const fieldFormats = {
  'trace.id': toLink('http://localhost:16686/trace/{{value}}'),
  'request.id': toLink('http://localhost:8090/why/{{value}}'),
  'glasshouse.order.number': toLink('http://localhost:8090/why/{{value}}'),
  'service.name': toLink('http://localhost:3000/d/glasshouse-service?var-service={{value}}'),
  'event.duration': {
    id: 'duration',
    params: { inputFormat: 'nanoseconds', outputFormat: 'asMilliseconds', outputPrecision: 1, showSuffix: true },
  },
};

const dataView = {
  type: 'index-pattern',
  id: dataViewId,
  attributes: {
    title: 'glasshouse-logs-*',
    name: 'Logs of the shop',
    timeFieldName: '@timestamp',
    fieldFormatMap: JSON.stringify(fieldFormats),
    fieldAttrs: '{}',
    fields: '[]',
    runtimeFieldMap: '{}',
    sourceFilters: '[]',
    typeMeta: '{}',
  },
  references: [],
  typeMigrationVersion: '8.0.0',
  ...migration,
};

const toSearch = ({ id, title, description, query, columns, order }: SavedSearch) => ({
  type: 'search',
  id,
  attributes: {
    title,
    description,
    columns,
    sort: [['@timestamp', order]],
    kibanaSavedObjectMeta: {
      searchSourceJSON: JSON.stringify({
        query: { query, language: 'kuery' },
        filter: [],
        indexRefName: 'kibanaSavedObjectMeta.searchSourceJSON.index',
      }),
    },
  },
  references: [{ name: 'kibanaSavedObjectMeta.searchSourceJSON.index', type: 'index-pattern', id: dataViewId }],
  typeMigrationVersion: '8.0.0',
  ...migration,
});

const timeColumn = {
  dataType: 'date',
  isBucketed: true,
  label: '@timestamp',
  operationType: 'date_histogram',
  params: { interval: 'auto', includeEmptyRows: true, dropPartials: false },
  scale: 'interval',
  sourceField: '@timestamp',
};

const countColumn = {
  dataType: 'number',
  isBucketed: false,
  label: 'Lines',
  operationType: 'count',
  params: { emptyAsNull: true },
  scale: 'ratio',
  sourceField: '___records___',
};

const toValuesColumn = (field: string) => ({
  dataType: field === 'http.response.status_code' ? 'number' : 'string',
  isBucketed: true,
  label: field,
  operationType: 'terms',
  params: {
    size: 15,
    orderBy: { type: 'column', columnId: 'count' },
    orderDirection: 'desc',
    otherBucket: true,
    missingBucket: false,
    parentFormat: { id: 'terms' },
    include: [],
    exclude: [],
    includeIsRegex: false,
    excludeIsRegex: false,
  },
  scale: 'ordinal',
  sourceField: field,
});

const layerId = 'lines';

const toChart = ({ id, title, query, by, kind }: Chart) => ({
  type: 'lens',
  id,
  attributes: {
    title,
    description: '',
    visualizationType: kind === 'bars' ? 'lnsXY' : 'lnsDatatable',
    state: {
      adHocDataViews: {},
      datasourceStates: {
        formBased: {
          layers: {
            [layerId]: {
              columnOrder: kind === 'bars' ? ['at', 'by', 'count'] : ['by', 'count'],
              columns: {
                ...(kind === 'bars' ? { at: timeColumn } : {}),
                by: toValuesColumn(by),
                count: countColumn,
              },
              incompleteColumns: {},
            },
          },
        },
      },
      filters: [],
      internalReferences: [],
      query: { language: 'kuery', query },
      visualization: kind === 'bars' ? bars : table,
    },
  },
  references: [{ type: 'index-pattern', id: dataViewId, name: `indexpattern-datasource-layer-${layerId}` }],
  typeMigrationVersion: '8.9.0',
  ...migration,
});

const bars = {
  layers: [
    {
      layerId,
      layerType: 'data',
      seriesType: 'bar_stacked',
      xAccessor: 'at',
      accessors: ['count'],
      splitAccessor: 'by',
    },
  ],
  legend: { isVisible: true, position: 'right' },
  preferredSeriesType: 'bar_stacked',
  valueLabels: 'hide',
};

const table = { layerId, layerType: 'data', columns: [{ columnId: 'by' }, { columnId: 'count' }] };

const panelHeight = 14;

/** Two panels a row, 24 of 48 columns each: the charts, then the searches. */
const toDashboard = () => {
  const shown = [
    ...charts.map(({ id }) => ({ id, type: 'lens' })),
    ...searches.map(({ id }) => ({ id, type: 'search' })),
  ];
  const panels = shown.map(({ id, type }, index) => ({
    type,
    gridData: { x: (index % 2) * 24, y: Math.floor(index / 2) * panelHeight, w: 24, h: panelHeight, i: id },
    panelIndex: id,
    embeddableConfig: { enhancements: {} },
    panelRefName: `panel_${id}`,
  }));
  return {
    type: 'dashboard',
    id: 'glasshouse-logs',
    attributes: {
      title: 'Logs of the shop',
      description: 'What was said, by whom, and what went wrong. A trace id leads to Jaeger.',
      panelsJSON: JSON.stringify(panels),
      optionsJSON: JSON.stringify({ useMargins: true, syncColors: false, hidePanelTitles: false }),
      timeRestore: true,
      timeFrom: 'now-1h',
      timeTo: 'now',
      refreshInterval: { pause: false, value: 10_000 },
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({ query: { query: '', language: 'kuery' }, filter: [] }),
      },
    },
    references: shown.map(({ id, type }) => ({ id, type, name: `${id}:panel_${id}` })),
    typeMigrationVersion: '8.9.0',
    ...migration,
  };
};

/** The file that Kibana imports. */
export const toKibanaFile = (): string =>
  [dataView, ...searches.map(toSearch), ...charts.map(toChart), toDashboard()]
    .map((object) => `${JSON.stringify(object)}\n`)
    .join('');
