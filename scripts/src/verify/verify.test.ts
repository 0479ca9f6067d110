import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { charts, searches } from '../dashboards/kibana-contents.js';
import { type Check, eventually, type Result, runChecks, toLine } from './check.js';
import { grafanaChecks } from './grafana-checks.js';
import { kibanaChecks } from './kibana-checks.js';
import { readPanels } from './panels.js';
import type { Purchase } from './purchase.js';
import { toTraceLinks } from './trace-checks.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const bought: Purchase = { traceId, requestId: 'r-1', orderNo: 'G-2026-ABCDEF', startedAtMs: 1_000 };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Answer = (path: string, body: string) => unknown;

/** A tool that answers with JSON; undefined is its 404. */
const startTool = async (answer: Answer): Promise<string> => {
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const value = answer(request.url ?? '', body);
      response.writeHead(value === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value ?? { message: 'not found' }));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
};

const run = async (checks: readonly Check[], words: string): Promise<Result | undefined> =>
  (
    await runChecks(
      checks.filter(({ what }) => what.includes(words)),
      () => {},
    )
  )[0];

const answerLikeKibana: Answer = (path, body) => {
  if (path.startsWith('/api/saved_objects/_bulk_get')) return { saved_objects: JSON.parse(body) };
  if (path.startsWith('/api/data_views/'))
    return {
      data_view: {
        title: 'x',
        fieldFormats: { 'trace.id': { params: { urlTemplate: 'http://jaeger/trace/{{value}}' } } },
      },
    };
  return path.startsWith('/api/console/proxy') ? { columns: [], values: [[4]] } : undefined;
};

test('Kibana has what was imported, links a trace id, and runs each saved search', async () => {
  const kibana = await startTool(answerLikeKibana);
  const results = await runChecks(kibanaChecks({ gateway: '', kibana }, bought), () => {});
  expect(results.map(({ isOk, seen }) => [isOk, seen])).toEqual([
    [true, `${searches.length + charts.length + 1} objects`],
    [true, `http://jaeger/trace/${traceId}`],
    [true, '4 lines'],
    ...searches.map(() => [true, '4 lines']),
  ]);
});

test('a saved object that is missing in Kibana is named', async () => {
  const kibana = await startTool((path, body) =>
    path.startsWith('/api/saved_objects')
      ? {
          saved_objects: (JSON.parse(body) as { id: string }[]).map((one, index) =>
            index === 0 ? { ...one, error: {} } : one,
          ),
        }
      : answerLikeKibana(path, body),
  );
  const result = await run(kibanaChecks({ gateway: '', kibana }, bought), 'has the saved searches');
  expect(result).toMatchObject({ isOk: false, seen: `missing: ${searches[0]?.id}` });
});

test("Grafana's links must end at a data source that there is", async () => {
  const toSource =
    (to: string): Answer =>
    (path) =>
      path.startsWith('/api/datasources/uid/')
        ? { uid: 'x', jsonData: { tracesToLogsV2: { datasourceUid: to } } }
        : undefined;
  const check = async (to: string) =>
    run(grafanaChecks({ gateway: '', grafana: await startTool(toSource(to)) }, bought), 'has the data sources');
  expect(await check('elasticsearch')).toMatchObject({ isOk: true, seen: '5 sources, 5 links' });
  expect(await check('gone')).toMatchObject({ isOk: false });
});

test("Grafana's way from a trace to its log lines is one of its own queries", async () => {
  const asked: string[] = [];
  const grafana = await startTool((path, body) => {
    if (path !== '/api/ds/query') return undefined;
    asked.push(JSON.parse(body).queries[0].query);
    return { results: { A: { frames: [{ data: { values: [[1, 2, 3]] } }] } } };
  });
  const result = await run(grafanaChecks({ gateway: '', grafana }, bought), 'from a trace to its log lines');
  expect(result).toMatchObject({ isOk: true, seen: '3 lines' });
  expect(asked).toEqual([`trace.id:"${traceId}"`]);
});

test('a tool that is not there is said in words, with its profile as the first guess', async () => {
  const kibana = await startTool(answerLikeKibana);
  servers.splice(0).forEach((server) => void server.close());
  const result = await run(kibanaChecks({ gateway: '', kibana }, bought), 'has the saved searches');
  expect(result?.seen).toBe(`nothing answers at ${new URL(kibana).host}; is its profile on?`);
  expect(toLine(result as Result)).toMatch(/^FAILED {2}Kibana /);
});

test("the links of Jaeger's page are read from the configuration that it carries", () => {
  const config = JSON.stringify({
    linkPatterns: [
      { type: 'traces', url: 'http://kibana/#{traceID}' },
      { type: 'tags', url: 'x' },
    ],
  });
  const page = `<script>\n  // Jaeger\n  JAEGER_CONFIG = ${config};\n</script>`;
  expect(toTraceLinks(page)).toEqual(['http://kibana/#{traceID}']);
  expect(toTraceLinks('<html></html>')).toEqual([]);
});

test('every panel has a question, and no variable is left in it', async () => {
  const panels = await readPanels();
  expect(panels.length).toBeGreaterThan(50);
  expect(panels.filter(({ targets }) => targets.length === 0)).toEqual([]);
  expect(JSON.stringify(panels.map(({ targets }) => targets))).not.toMatch(/\$(?!__)/);
});

test('what does not come in time is an error that says what was waited for', async () => {
  await expect(eventually('miracle', async () => undefined, 0)).rejects.toThrow('no miracle within 0 s');
  const refused = eventually('answer', () => Promise.reject(new Error('refused')), 0);
  await expect(refused).rejects.toThrow('refused');
});
