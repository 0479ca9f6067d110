import type { Case } from './case.js';
import { changes } from './changes.js';
import { queries } from './queries.js';
import { reads } from './reads.js';
import { schema } from './schema.js';
import { writes } from './writes.js';

export type { Case } from './case.js';
export const cases: readonly Case[] = [...queries, ...reads, ...changes, ...writes, ...schema];
