import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from './types.js';

// The one store of the process. It is constant and holds nothing by itself: several services can share it.
const storage = new AsyncLocalStorage<Context>();

export const currentContext = (): Context | undefined => storage.getStore();

/** Replaces the context inside `fn`; callers who only add to it spread the current one. */
export const runInContext = <T>(context: Context, fn: () => T): T => storage.run(context, fn);
