import { type LogLine, textField } from '../../../analysis/log-line.js';

/** Lines that tell of the same failure. */
export interface Failure {
  readonly latest: LogLine;
  /** Empty if the line has none. */
  readonly code: string;
  readonly route: string;
  readonly count: number;
}

/** Tells equal failures once, the latest first: a service that fails for a minute must not hide what else went wrong. */
export const toFailures = (newestFirst: readonly LogLine[]): Failure[] => {
  const failures = new Map<string, Failure>();
  for (const line of newestFirst) {
    const [code, route] = [textField(line, 'error.code'), textField(line, 'http.route')];
    const key = [line.service, code, route, line.message].join('\n');
    const known = failures.get(key);
    failures.set(
      key,
      known === undefined ? { latest: line, code, route, count: 1 } : { ...known, count: known.count + 1 },
    );
  }
  return [...failures.values()];
};
