import { parseAllDocuments } from 'yaml';

export interface TextFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** JSON, NDJSON and YAML that cannot be read, each as a sentence. */
export const checkDocuments = (files: readonly TextFile[]): string[] =>
  files.flatMap(({ path, text }) => {
    try {
      if (path.endsWith('.json')) JSON.parse(text);
      if (path.endsWith('.ndjson')) for (const line of text.trim().split('\n')) JSON.parse(line);
      if (/\.ya?ml$/.test(path)) {
        const [error] = parseAllDocuments(text, { merge: true }).flatMap((document) => document.errors);
        if (error !== undefined) throw error;
      }
      return [];
    } catch (error) {
      return [`${path}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });

interface GrafanaDashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly { readonly id: number; readonly title: string }[];
}

/** Grafana overwrites what has the same uid, and confuses panels with the same id. */
export const checkDashboards = (files: readonly TextFile[]): string[] => {
  const dashboards = files.map(({ path, text }) => ({ path, ...(JSON.parse(text) as GrafanaDashboard) }));
  return [
    ...findTwice(dashboards.map(({ uid }) => uid)).map((uid) => `two dashboards with the uid ${uid}`),
    ...findTwice(dashboards.map(({ title }) => title)).map((title) => `two dashboards with the title ${title}`),
    ...dashboards.flatMap(({ path, panels }) =>
      findTwice(panels.map(({ id }) => id)).map((id) => `${path}: two panels with the id ${id}`),
    ),
  ];
};

const findTwice = <T>(values: readonly T[]): T[] => values.filter((value, index) => values.indexOf(value) !== index);
