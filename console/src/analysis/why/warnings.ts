import { textField } from '../log-line.js';
import type { Evidence } from './evidence.js';
import type { Warning } from './explanation.js';

/** Warnings and errors of the work itself, then those around it; equal ones together, the most frequent first. */
export const groupWarnings = ({ lines, around }: Evidence): Warning[] => {
  const own = lines.filter(({ level }) => level === 'warn' || level === 'error').map((line) => ({ line, isOwn: true }));
  const others = around.map((line) => ({ line, isOwn: false }));
  const groups = new Map<string, Warning>();
  for (const { line, isOwn } of [...own, ...others]) {
    const code = textField(line, 'error.code');
    // An order's own number stands in its messages, and would keep equal ones apart.
    const key = [isOwn, line.service, line.fact, code, line.fact === '' ? line.message : ''].join('\n');
    const { count = 0, firstMs = line.atMs, lastMs = line.atMs, text = line.message } = groups.get(key) ?? {};
    groups.set(key, {
      service: line.service,
      level: line.level,
      fact: line.fact,
      code,
      text,
      count: count + 1,
      firstMs: Math.min(firstMs, line.atMs),
      lastMs: Math.max(lastMs, line.atMs),
      isOwn,
    });
  }
  return [...groups.values()].sort(
    (a, b) => Number(b.isOwn) - Number(a.isOwn) || b.count - a.count || a.firstMs - b.firstMs,
  );
};
