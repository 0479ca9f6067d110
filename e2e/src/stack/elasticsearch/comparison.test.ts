import { describeWith } from '../tool.js';
import { compare, refusals, type StandIn, startStandIn } from './comparison.js';
import { createLines } from './lines.js';
import { type SearchNode, setUp, startSearchNode } from './node.js';
import { beyond, refused, searches } from './searches.js';

describeWith(['opensearch'], 'the embedded backend beside a real node, with the same log lines', () => {
  let node: SearchNode;
  let standIn: StandIn;

  beforeAll(async () => {
    [node, standIn] = await Promise.all([startSearchNode(), startStandIn()]);
    await setUp(node);
    const lines = createLines();
    await node.write(lines);
    await standIn.load(lines);
  });
  afterAll(async () => {
    await standIn?.stop();
    await node?.stop();
  });

  test('finds, counts, sorts and adds up the same for every kind of search', async () => {
    expect(searches.length).toBeGreaterThan(1_000);
    expect(await compare([node.url, standIn.url], searches)).toEqual([]);
  });

  test('refuses the same, in the same form of errors', async () => {
    const [theirs, ours] = await Promise.all([refusals(node.url, refused), refusals(standIn.url, refused)]);
    const answered = refused.filter((_, index) => (theirs[index]?.status ?? 0) < 400);
    expect(answered).toEqual([]);
    for (const [index, { status, body }] of ours.entries()) {
      const { error } = theirs[index]?.body ?? {};
      const isOfShards = ['query_shard_exception', 'parse_exception'].includes(error.root_cause[0]?.type);
      expect(status).toBe(400);
      expect(body).toMatchObject({
        status: 400,
        error: {
          root_cause: [{ type: expect.any(String), reason: expect.any(String) }],
          type: isOfShards ? 'search_phase_execution_exception' : expect.any(String),
          reason: isOfShards ? 'all shards failed' : expect.any(String),
        },
      });
    }
  });

  test('what only a real node can do is refused by name, never answered otherwise', async () => {
    const [theirs, ours] = await Promise.all([refusals(node.url, beyond), refusals(standIn.url, beyond)]);
    expect(theirs.map(({ status }) => status)).toEqual(beyond.map(() => 200));
    for (const { status, body } of ours) {
      expect(status).toBe(400);
      expect(body.error.root_cause[0].reason).toMatch(/embedded backend|unknown query|Unknown aggregation type|order/);
    }
  });
});
