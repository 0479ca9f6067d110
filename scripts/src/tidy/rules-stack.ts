import { findFile, type Repository, type Rule, type SourceFile, type Violation } from './repository.js';
import { toMetricNames } from './rules-alerts.js';
import { toListedNames } from './rules-documents.js';

const telemetryPage = 'docs/telemetry.md';

/**
 * Metrics of other programs that dashboards may ask for: Node's own by prom-client, Prometheus and its exporters. Seen in
 * the answers of prom-client 15, Prometheus 2.42, Alertmanager 0.25, node-exporter 1.5, and in cAdvisor's list
 * (docs/storage/prometheus.md in its repository).
 */
const foreignMetrics = [
  'ALERTS',
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'process_cpu_seconds_total',
  'process_open_fds',
  'process_resident_memory_bytes',
  'process_start_time_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_external_memory_bytes',
  'nodejs_gc_duration_seconds_sum',
  'nodejs_heap_size_used_bytes',
  'prometheus_rule_evaluation_failures_total',
  'prometheus_tsdb_head_series',
  'alertmanager_notifications_total',
  'node_cpu_seconds_total',
  'node_filesystem_avail_bytes',
  'node_filesystem_size_bytes',
  'node_load1',
  'node_memory_MemAvailable_bytes',
  'node_memory_MemTotal_bytes',
  'container_cpu_usage_seconds_total',
  'container_memory_working_set_bytes',
  'container_network_receive_bytes_total',
  'container_spec_memory_limit_bytes',
  'container_start_time_seconds',
];

/** Fields of a document that no service writes: what stands for "a document". */
const fieldsOfKibana = ['___records___'];

/** The fields that a query names, in Lucene's or Kibana's language: `field:value`, `field >= 1`. */
const toFieldNames = (query: string): string[] => {
  const bare = query.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  return [...bare.matchAll(/([@\w][\w.@]*)\s*(?::|>=|<=|>|<)/g)].map((match) => match[1] ?? '');
};

/** Facts, where a query asks for them by name. */
const toFactNames = (query: string): string[] =>
  [...query.matchAll(/event\.action\s*:\s*(\([^)]*\)|\S+)/g)].flatMap((match) =>
    [...(match[1] ?? '').matchAll(/"([a-z_]+\.[a-z_]+)"/g)].map((fact) => fact[1] ?? ''),
  );

const listNames = (repository: Repository, ...headings: string[]): Set<string> => {
  const page = findFile(repository, telemetryPage) ?? '';
  return new Set(headings.flatMap((heading) => [...toListedNames(page, heading)]));
};

const knownMetrics = (repository: Repository): Set<string> => {
  const own = [...listNames(repository, 'Metrics')];
  const recorded = repository.files
    .filter(({ path }) => path.startsWith('infra/prometheus/rules/'))
    .flatMap(({ text }) => [...text.matchAll(/^\s*- record: (\S+)/gm)].map((match) => match[1] ?? ''));
  return new Set([
    ...own,
    ...own.flatMap((name) => ['_bucket', '_sum', '_count'].map((part) => name + part)),
    ...recorded,
    ...foreignMetrics,
  ]);
};

const inFolder = ({ files }: Repository, start: string): SourceFile[] =>
  files.filter(({ path }) => path.startsWith(start));

/** Every text below a key of that name, however deep, in a JSON document. */
const collectTexts = (value: unknown, key: string): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(name === key && typeof inner === 'string' ? [inner] : []),
    ...collectTexts(inner, key),
  ]);
};

const dashboardsAskForMetricsThatExist: Rule = (repository) => {
  const known = knownMetrics(repository);
  const ofDashboards = inFolder(repository, 'infra/grafana/dashboards/').flatMap(({ path, text }) => {
    const dashboard: unknown = JSON.parse(text);
    const variables = collectTexts(dashboard, 'definition').map((one) => one.replace(/^label_values\(|, *\w+\)$/g, ''));
    return [...collectTexts(dashboard, 'expr'), ...variables].map((expression) => ({ path, expression }));
  });
  const ofLinks = inFolder(repository, 'infra/grafana/provisioning/').flatMap(({ path, text }) =>
    [...text.matchAll(/^\s+query: (\w+\(.*|sum by .*)$/gm)].map((match) => ({ path, expression: match[1] ?? '' })),
  );
  return [...ofDashboards, ...ofLinks].flatMap(({ path, expression }) =>
    toMetricNames(expression)
      .filter((name) => !known.has(name))
      .map((name) => ({
        file: path,
        rule: `It asks for ${name}, which nobody measures and no rule records.`,
        remedy: `Correct it in scripts/src/dashboards and run npm run dashboards. A metric of another program belongs into the list in scripts/src/tidy/rules-stack.ts, once it was seen there.`,
      })),
  );
};

interface SavedObject {
  readonly attributes: {
    readonly columns?: readonly string[];
    readonly fieldFormatMap?: string;
    readonly kibanaSavedObjectMeta?: { readonly searchSourceJSON?: string };
    readonly state?: unknown;
  };
}

/** What the tools' own files ask of the logs: the query, and fields that are named outside of one. */
const toLogQuestions = ({ path, text }: SourceFile): { queries: string[]; fields: string[] } => {
  if (path.startsWith('infra/grafana/dashboards/'))
    return { queries: collectTexts(JSON.parse(text), 'query'), fields: [] };
  if (path === 'infra/jaeger/ui.json')
    return {
      queries: [...text.matchAll(/query:'([^']*)'/g)].map((match) => (match[1] ?? '').replaceAll('\\"', '"')),
      fields: [...text.matchAll(/columns:!\(([^)]*)\)/g)].flatMap((match) => (match[1] ?? '').split(',')),
    };
  const objects = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SavedObject);
  const sources = objects.map(({ attributes }) =>
    JSON.parse(attributes.kibanaSavedObjectMeta?.searchSourceJSON ?? '{}'),
  );
  return {
    queries: [
      ...sources.flatMap((one) => collectTexts(one, 'query')),
      ...objects.flatMap((one) => collectTexts(one, 'query')),
    ],
    fields: objects.flatMap(({ attributes }) => [
      ...(attributes.columns ?? []),
      ...Object.keys(JSON.parse(attributes.fieldFormatMap ?? '{}')),
      ...collectTexts(attributes.state, 'sourceField'),
    ]),
  };
};

const searchesNameWhatExists: Rule = (repository) => {
  const fields = listNames(repository, 'Log fields', 'Business fields');
  const facts = listNames(repository, 'Facts');
  const files = repository.files.filter(({ path }) =>
    /^infra\/(grafana\/dashboards\/.*\.json|jaeger\/ui\.json|kibana\/.*\.ndjson)$/.test(path),
  );
  return files.flatMap((file) => {
    const asked = toLogQuestions(file);
    // A dashboard's variable has a "query", too, which asks Prometheus.
    const queries = asked.queries.filter((query) => !query.startsWith('label_values('));
    const unknownFields = [...queries.flatMap(toFieldNames), ...asked.fields].filter(
      (name) => !fields.has(name) && !fieldsOfKibana.includes(name),
    );
    const unknownFacts = queries.flatMap(toFactNames).filter((name) => !facts.has(name));
    const remedy = `Correct it (scripts/src/dashboards, then npm run dashboards), or document it in ${telemetryPage}.`;
    return [
      ...unknownFields.map((name) => ({
        file: file.path,
        rule: `It names the log field ${name}, which does not exist.`,
        remedy,
      })),
      ...unknownFacts.map((name) => ({
        file: file.path,
        rule: `It asks for the fact ${name}, which nobody states.`,
        remedy,
      })),
    ];
  });
};

const indexTemplate = 'infra/elasticsearch/index-template.json';

const templateMapsEveryField: Rule = (repository) => {
  const text = findFile(repository, indexTemplate);
  if (text === undefined) return [];
  const mapped = Object.keys(JSON.parse(text).template.mappings.properties);
  const documented = listNames(repository, 'Log fields', 'Business fields');
  const violation = (rule: string, remedy: string): Violation => ({ file: indexTemplate, rule, remedy });
  return [
    ...[...documented]
      .filter((name) => !mapped.includes(name))
      .map((name) => violation(`It has no type for the log field ${name}, so nobody can search for it.`, 'Add it.')),
    ...mapped
      .filter((name) => !documented.has(name))
      .map((name) =>
        violation(
          `It has a type for ${name}, which is no log field.`,
          `Delete it, or document it in ${telemetryPage}.`,
        ),
      ),
  ];
};

export const stackRules: readonly Rule[] = [
  dashboardsAskForMetricsThatExist,
  searchesNameWhatExists,
  templateMapsEveryField,
];
