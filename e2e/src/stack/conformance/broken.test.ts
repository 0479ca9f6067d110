import { dirname, join } from 'node:path';
import { runCommand } from '../../command.js';
import { root } from '../../launcher.js';
import { startShop, type TestShop } from '../../shop.js';
import { answers, describeWith, freePorts, startTool, toolPath } from '../tool.js';
import { type Conformance, conform } from './conformance.js';

interface Breakage {
  readonly name: string;
  /** The section that should find out, so that not all of it has to be run. */
  readonly section: string;
  /** The checks that fail, and no others of that section. */
  readonly found: readonly string[];
}

const breakages: readonly Breakage[] = [
  {
    name: 'traceresponse',
    section: 'headers',
    found: [
      'every answer has a traceresponse',
      'a traceparent that is none is as if it were absent',
      'traceparent is followed: the same trace, a span of its own',
      'a traceparent that is not sampled is answered with flags 00',
      'b3 (single and multi) and uber-trace-id are understood, traceparent goes first',
      'a request whose time is over (x-deadline-ms) is answered with 504',
    ],
  },
  { name: 'request-id', section: 'headers', found: ['x-request-id of the caller is kept'] },
  {
    name: 'nosniff',
    section: 'headers',
    found: ['answers may not be guessed at or framed, and do not name the software'],
  },
  {
    name: 'code',
    section: 'errors',
    found: [
      'an unknown path is 404 route_not_found, as a problem document with its trace',
      'a method that the path does not take is 405 with Allow',
      'a URL above 8 KiB is 414',
    ],
  },
  { name: 'body-limit', section: 'bodies', found: ['a body above 64 KiB is 413, however the rest of it looks'] },
  {
    name: 'service-key',
    section: 'proofs',
    found: ['an internal call without a key is 401, with a wrong one 401, of another service 403'],
  },
  { name: 'exemplar', section: 'metrics', found: ["a duration's exemplar leads to its trace"] },
  {
    name: 'buckets',
    section: 'metrics',
    found: ['the duration has exactly three labels and the ten buckets of docs/telemetry.md'],
  },
  { name: 'record-field', section: 'logs', found: ['a record has no field but those of docs/telemetry.md'] },
  { name: 'record-time', section: 'logs', found: ['every record says when, what, and which process'] },
  { name: 'span-name', section: 'spans', found: ['an unknown path is "GET unmatched", and a 4xx is no error'] },
  {
    name: 'span-parent',
    section: 'spans',
    found: ["the caller's span is its parent", 'every other span of the request has its parent in the trace'],
  },
  { name: 'sampled', section: 'spans', found: ['a trace that is not sampled has no spans'] },
  {
    name: 'etag',
    section: 'catalogue',
    found: ['an edit without If-Match is 428, with an old one 412, with the right one 200 and a new ETag'],
  },
  {
    name: 'hold-again',
    section: 'stock',
    found: [
      'a hold takes stock once, however often it comes',
      'the same hold ten times at once takes stock once',
      'a commit sells what is held, once, and then nothing is given back',
      'a release gives back, once, and that order may never hold again',
      'a release that comes before its hold stops it',
    ],
  },
  { name: 'tombstone', section: 'stock', found: ['a release that comes before its hold stops it'] },
  {
    name: 'ready',
    section: 'drain',
    found: [
      'SIGTERM: readiness goes first, while a request is still worked on',
      'who has not noticed yet is answered, with connection: close',
    ],
  },
  {
    name: 'drain',
    section: 'drain',
    found: [
      'SIGTERM: readiness goes first, while a request is still worked on',
      'who has not noticed yet is answered, with connection: close',
      'the request that was being worked on is finished',
      'its last records have arrived, that request and service.stopped among them',
    ],
  },
];

describeWith(['productPython'], 'a service that breaks the contract', () => {
  let shop: TestShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop?.stop());

  /** What `--environment` prints, for a process of its own with doors and a database that nobody else has. */
  const readEnvironment = async (name: string, ports: readonly number[]): Promise<Record<string, string>> => {
    const args = ['--service', 'product', '--data', shop.dataDirectory, '--environment'];
    const { stdout } = await runCommand('node', ['scripts/dist/conformance.js', ...args]);
    const printed = [...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, key = '', value = '']) => [key, value]);
    const [app, internal, admin] = ports.map(String);
    const { MONGO_URL = '', ...variables } = Object.fromEntries(printed) as Record<string, string>;
    const doors = { PORT: app ?? '', INTERNAL_PORT: internal ?? '', ADMIN_PORT: admin ?? '' };
    return { ...variables, ...doors, MONGO_URL: `${MONGO_URL}-${name}` };
  };

  const conformBroken = async (name: string, args: readonly string[]): Promise<Conformance> => {
    const ports = await freePorts(3);
    const [url, internal, admin] = ports.map((port) => `http://127.0.0.1:${port}`);
    const python = await startTool({
      name: `product without ${name}`,
      command: join(dirname(toolPath('productPython')), 'bin/python'),
      args: ['-W', 'ignore::DeprecationWarning', join(root, 'e2e/src/stack/conformance/broken.py'), name],
      environment: {
        ...(await readEnvironment(name, ports)),
        PYTHONPATH: join(root, 'examples/product-python'),
        PYTHONDONTWRITEBYTECODE: '1',
      },
      isReady: () => answers(`${admin}/health/ready`),
    });
    try {
      const doors = [
        '--url',
        url ?? '',
        '--internal',
        internal ?? '',
        '--admin',
        admin ?? '',
        '--pid',
        String(python.pid),
      ];
      return await conform(['--service', 'product', '--data', shop.dataDirectory, ...doors, ...args]);
    } finally {
      await python.stop('SIGKILL');
    }
  };

  test('the one that is changed in nothing keeps it, beside the shop and on its own doors', async () => {
    const { code, failed, passed } = await conformBroken('none', []);
    expect({ code, failed }).toEqual({ code: 0, failed: [] });
    expect(passed.length).toBeGreaterThan(80);
  });

  test.each(breakages)('without $name it fails by its own checks', async ({ name, section, found }) => {
    const { code, failed } = await conformBroken(name, ['--only', section]);
    expect(failed).toEqual(found.map((what) => `${section} ${what}`));
    expect(code).toBe(1);
  });
});
