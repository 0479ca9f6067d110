import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, TestShop } from './shop.js';

export interface Wish {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
  readonly paymentMethod: string;
}

export interface Purchase {
  readonly key: string;
  readonly wish: Wish;
  /** Every answer of the shop, in order; a request that got none is missing. */
  readonly answers: readonly Answer[];
  /** The answer that settled it. */
  readonly final: Answer;
}

/** Repeats the key while the outcome is unknown or not yet there; a refusal is an answer. */
const isFinal = ({ status, body }: Answer): boolean => {
  if (status === 202 || status === 429 || status >= 500) return false;
  return !(status === 409 && body.code === 'order_in_progress');
};

/** An order ends within a minute of the last fault; faults may go on for minutes. */
const deadlineMs = 300_000;
const pauseAfterLostAnswerMs = 100;

/**
 * Buys as the contract tells a client to: the same key again on a network error, 409 in progress, 429 and 5xx, and not
 * before the time that `Retry-After` asks for.
 */
export const buy = async (
  shop: TestShop,
  { token, key, wish }: { readonly token: string; readonly key: string; readonly wish: Wish },
): Promise<Purchase> => {
  const answers: Answer[] = [];
  const deadlineAt = Date.now() + deadlineMs;
  while (Date.now() < deadlineAt) {
    const answer = await shop.order(token, wish, key).catch(() => undefined);
    if (answer !== undefined) {
      answers.push(answer);
      if (isFinal(answer)) return { key, wish, answers, final: answer };
    }
    const retryAfterS = answer?.headers.get('retry-after');
    await wait(retryAfterS == null ? pauseAfterLostAnswerMs : Number(retryAfterS) * 1_000);
  }
  throw new Error(`${key} has no outcome after ${answers.map(({ status }) => status).join(' ')}`);
};
