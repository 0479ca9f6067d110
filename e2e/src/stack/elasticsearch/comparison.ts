import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { root } from '../../launcher.js';
import { answers, freePorts, startTool } from '../tool.js';
import { type Answer, askElastic, type Line, toBulk } from './node.js';
import type { Search } from './searches.js';

export interface StandIn {
  readonly url: string;
  load(lines: readonly Line[]): Promise<void>;
  stop(): Promise<void>;
}

/** The embedded backend by itself, which nobody but the test writes to. */
export const startStandIn = async (): Promise<StandIn> => {
  const [forward = 0] = await freePorts(1);
  const offset = forward - 24_224;
  const url = `http://127.0.0.1:${9_200 + offset}`;
  const backend = await startTool({
    name: 'telemetry backend',
    command: process.execPath,
    args: [join(root, 'embedded/telemetry/dist/main.js'), '--ports-offset', String(offset)],
    isReady: () => answers(url),
  });
  return {
    url,
    async load(lines) {
      // It has an index a day.
      const body = lines.map((line) => {
        const day = String(line['@timestamp']).slice(0, 10).replaceAll('-', '.');
        return toBulk([line], { index: `glasshouse-logs-${day}`, action: 'create', idField: 'event.id' });
      });
      expect(await askElastic(url, '/_bulk', body.join(''))).toMatchObject({ body: { errors: false } });
    },
    stop: () => backend.stop(),
  };
};

interface Hit {
  readonly _id: string;
  readonly _source?: unknown;
  readonly sort?: unknown;
}

interface Found {
  readonly count?: number;
  readonly hits?: { readonly total?: { readonly value: number }; readonly hits: readonly Hit[] };
  readonly aggregations?: unknown;
}

/** What has to be equal: no times, no shards, no names of indices, and no order where none was asked for. */
const essence = ({ body }: Answer, { body: asked }: Search) => {
  const { count, hits, aggregations } = body as Found;
  const { sort, size = 10 } = (asked ?? {}) as { readonly sort?: unknown; readonly size?: number };
  const total = hits?.total;
  const list = (hits?.hits ?? []).map(({ _id, _source, sort: keys }) => ({ _id, _source, keys }));
  if (sort !== undefined) return { count, total, aggregations, list };
  // Without an order a page that does not hold all of them may hold any of them.
  if (total !== undefined && total.value > Number(size)) return { count, total, aggregations, length: list.length };
  return { count, total, aggregations, list: list.sort((a, b) => (a._id < b._id ? -1 : 1)) };
};

const brief = (value: unknown): string => JSON.stringify(value).slice(0, 600);

const difference = (search: Search, real: Answer, own: Answer): string | undefined => {
  if (real.status !== 200 || own.status !== 200) {
    return real.status === own.status
      ? undefined
      : `${real.status} ${brief(real.body)} and ${own.status} ${brief(own.body)}`;
  }
  const [theirs, ours] = [essence(real, search), essence(own, search)];
  return isDeepStrictEqual(theirs, ours) ? undefined : `${brief(theirs)} and ${brief(ours)}`;
};

/** One line for each search that the two do not answer alike, the first one's answer first. */
export const compare = async (urls: readonly [string, string], searches: readonly Search[]): Promise<string[]> => {
  const left = [...searches];
  const differences: string[] = [];
  const work = async (): Promise<void> => {
    for (let search = left.pop(); search !== undefined; search = left.pop()) {
      const { path, body } = search;
      const asked = urls.map((url) => askElastic(url, `/glasshouse-logs-*${path}`, body));
      const [real, own] = (await Promise.all(asked)) as [Answer, Answer];
      const found = difference(search, real, own);
      if (found !== undefined) differences.push(`${path} ${JSON.stringify(body)}: ${found}`);
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return differences;
};

export const refusals = async (url: string, searches: readonly Search[]): Promise<Answer[]> =>
  Promise.all(searches.map(({ path, body }) => askElastic(url, `/glasshouse-logs-*${path}`, body)));
