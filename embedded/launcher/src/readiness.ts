import type { Part } from './plan.js';
import { accepts } from './ports.js';

/** Asked more often, ten parts that start on two cores would spend a good part of them on being asked. */
const askEveryMs = 150;

/**
 * Waits until a part is ready.
 * @param isOver tells that waiting is in vain, because the part has ended or everything is being stopped
 * @returns whether it became ready
 */
export const waitUntilReady = async (part: Part, isOver: () => boolean): Promise<boolean> => {
  while (!isOver()) {
    if (await isReady(part)) return true;
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
  }
  return false;
};

const isReady = async ({ readyUrl, ports }: Part): Promise<boolean> => {
  if (readyUrl === undefined) return accepts(ports[0] ?? 0);
  try {
    const response = await fetch(readyUrl, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
};
