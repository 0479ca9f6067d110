import { runCommand } from '../../command.js';

export interface Conformance {
  readonly code: number;
  /** The sentences of the checks that are not kept, with their section: `headers every answer has ...`. */
  readonly failed: readonly string[];
  readonly passed: readonly string[];
  readonly output: string;
}

/** Runs `npm run conformance` as a person would, without the build. */
export const conform = async (args: readonly string[]): Promise<Conformance> => {
  const { code, output } = await runCommand('node', ['scripts/dist/conformance.js', ...args], { timeoutMs: 180_000 });
  const lines = (mark: string): string[] =>
    [...output.matchAll(new RegExp(`^${mark} +(\\w+) +(.+?)(?: {2,}.*)?$`, 'gm'))].map(
      ([, section, what]) => `${section} ${what}`,
    );
  return { code, failed: lines('FAILED'), passed: lines('ok'), output };
};
