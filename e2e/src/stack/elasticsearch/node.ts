import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../../launcher.js';
import { answers, freePorts, startTool, toolPath } from '../tool.js';

export type Line = Readonly<Record<string, unknown>>;
type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the API says
  readonly body: any;
}

/** Elasticsearch's API, of whoever has one. */
export const askElastic = async (url: string, path: string, body?: unknown, method = 'POST'): Promise<Answer> => {
  const isText = typeof body === 'string';
  const answer = await fetch(url + path, {
    method: body === undefined && method === 'POST' ? 'GET' : method,
    headers: { 'content-type': isText ? 'application/x-ndjson' : 'application/json' },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: answer.status, body: await answer.json() };
};

/** What one of the two ways of the logs writes: which index, by which action, with which field as the document's id. */
export interface Way {
  readonly index: string;
  readonly action: string;
  readonly idField: string;
}

const find = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';

export const readWays = async (): Promise<{ fluentd: Way; logstash: Way }> => {
  const fluentd = await readFile(join(root, 'infra/fluentd/fluent.conf'), 'utf8');
  const logstash = await readFile(join(root, 'infra/logstash/pipeline.conf'), 'utf8');
  return {
    fluentd: {
      index: find(fluentd, /^\s*index_name (\S+)$/m),
      action: find(fluentd, /^\s*write_operation (\S+)$/m),
      idField: find(fluentd, /^\s*id_key (\S+)$/m),
    },
    logstash: {
      index: find(logstash, /^\s*index => "(.+)"$/m),
      action: find(logstash, /^\s*action => "(.+)"$/m),
      idField: find(logstash, /^\s*document_id => "%\{\[(.+)\]\}"$/m),
    },
  };
};

/** The body that both plugins send: a line that says what to do, and the record as it came. */
export const toBulk = (lines: readonly Line[], { index, action, idField }: Way): string =>
  lines
    .flatMap((line) => [{ [action]: { _index: index, _id: line[idField] } }, line])
    .map((part) => `${JSON.stringify(part)}\n`)
    .join('');

export interface SearchNode {
  readonly url: string;
  ask(path: string, body?: unknown, method?: string): Promise<Answer>;
  /** Writes lines as Fluentd would; those that are there already stay as they are. */
  write(lines: readonly Line[]): Promise<void>;
  /** All documents, oldest first. */
  all(): Promise<Line[]>;
  stop(): Promise<void>;
}

/** A real node, empty. */
export const startSearchNode = async (): Promise<SearchNode> => {
  const home = await mkdtemp(join(tmpdir(), 'glasshouse-opensearch-'));
  const [http = 0, transport = 0] = await freePorts(2);
  const url = `http://127.0.0.1:${http}`;
  const folder = dirname(toolPath('opensearch'));
  const memory = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const node = await startTool({
    name: 'OpenSearch',
    command: 'java',
    args: [...memory, '-cp', `${folder}:${join(folder, 'lib/*')}`, 'OneNode', home, String(http), String(transport)],
    isReady: () => answers(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`),
  });
  const ask: SearchNode['ask'] = (path, body, method) => askElastic(url, path, body, method);
  const { fluentd } = await readWays();
  return {
    url,
    ask,
    async write(lines) {
      const { items } = (await ask('/_bulk?refresh=true', toBulk(lines, fluentd))).body as {
        items: { create: { status: number; error?: unknown } }[];
      };
      expect(items.filter(({ create }) => create.status !== 201 && create.status !== 409)).toEqual([]);
    },
    async all() {
      const body = { size: 10_000, sort: [{ '@timestamp': 'asc' }, { 'event.id': 'asc' }], track_total_hits: true };
      const { hits } = (await ask('/glasshouse-logs-*/_search', body)).body as {
        hits: { total: { value: number }; hits: { _source: Line }[] };
      };
      expect(hits.hits).toHaveLength(hits.total.value);
      return hits.hits.map(({ _source }) => _source);
    },
    async stop() {
      await node.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
};

interface Template {
  readonly template: { readonly settings: Json; readonly mappings: { readonly properties: Json } };
}

export const readTemplate = async (): Promise<Template> =>
  JSON.parse(await readFile(join(root, 'infra/elasticsearch/index-template.json'), 'utf8')) as Template;

/** The one setting that OpenSearch does not know: it calls index lifecycle management otherwise. */
export const lifecycle = 'index.lifecycle.name';

/** The steps of infra/elasticsearch/setup.sh but for the lifecycle policy. */
export const setUp = async ({ ask }: SearchNode): Promise<void> => {
  const template = await readTemplate();
  const { [lifecycle]: _, ...settings } = template.template.settings;
  const known = { ...template, template: { ...template.template, settings } };
  expect(await ask('/_index_template/glasshouse-logs', known, 'PUT')).toMatchObject({ status: 200 });
  expect(await ask('/_data_stream/glasshouse-logs-default', undefined, 'PUT')).toMatchObject({ status: 200 });
};
