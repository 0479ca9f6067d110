import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../shop.js';

/** A question of a panel, as Grafana sends it to its backend. */
export interface Target {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  /** PromQL, or undefined for a panel of logs. */
  readonly expr?: string;
  /** Lucene. */
  readonly query?: string;
}

export interface Panel {
  readonly dashboard: string;
  readonly title: string;
  readonly targets: readonly Target[];
}

const folder = join(root, 'infra/grafana/dashboards');

/** A panel of one service is asked for one that has all of it: a database, and calls to others. */
const service = 'order';

/** Every panel of every dashboard that is checked in, with its variables replaced. */
export const readPanels = async (): Promise<Panel[]> => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts.flatMap((text) => {
    const { title, panels } = JSON.parse(text) as { title: string; panels: Omit<Panel, 'dashboard'>[] };
    return panels.map((panel) => ({
      dashboard: title,
      title: panel.title,
      targets: JSON.parse(JSON.stringify(panel.targets).replaceAll('$service', service)) as Target[],
    }));
  });
};

export interface PanelQuestions {
  readonly panels: readonly Panel[];
  hasData(target: Target): Promise<boolean>;
  /** Keeps the shop busy: a rate wants a counter that moves while it is being read. */
  makeTraffic(): Promise<unknown>;
  readonly deadlineMs: number;
}

/** Asks until every panel has data, since rules and rates need a while. @returns those that still have none, with why */
export const findEmptyPanels = async ({
  panels,
  hasData,
  makeTraffic,
  deadlineMs,
}: PanelQuestions): Promise<string[]> => {
  const endsAt = Date.now() + deadlineMs;
  let open = panels;
  for (;;) {
    await makeTraffic();
    const asked = open;
    const answers = await Promise.all(asked.map((panel) => isFilled(panel, hasData)));
    open = asked.filter((_, index) => answers[index] !== true);
    if (open.length === 0) return [];
    if (Date.now() > endsAt)
      return asked.flatMap(({ dashboard, title }, index) => {
        const problem = answers[index];
        if (problem === true) return [];
        return [`${dashboard} / ${title}${problem === false ? '' : `: ${problem}`}`];
      });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
};

/** @returns whether each question has an answer, or what was wrong with one */
const isFilled = async (
  { targets }: Panel,
  hasData: (target: Target) => Promise<boolean>,
): Promise<boolean | string> => {
  try {
    const answers = await Promise.all(targets.map(hasData));
    return answers.every(Boolean);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
