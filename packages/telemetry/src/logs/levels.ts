import type { LogLevel } from '../types.js';

/** Winston's order: smaller is more severe. */
export const levels: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

export const levelNames: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];
