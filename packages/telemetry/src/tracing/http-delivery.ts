import * as http from 'node:http';
import * as https from 'node:https';
import { asBytes } from '../byte-writer.js';
import { Refused } from '../outbox.js';

export interface HttpDelivery {
  /** Resolves on a 2xx answer; rejects with `Refused` where a repetition would be answered the same. */
  post(body: Buffer, signal: AbortSignal): Promise<void>;
  close(): void;
}

const REQUEST_TIMEOUT = 408;
const TOO_MANY_REQUESTS = 429;

const isWorthRepeating = (status: number) =>
  status >= 500 || status === REQUEST_TIMEOUT || status === TOO_MANY_REQUESTS;

/** Posts to one address over one kept-alive connection; the time-out covers the whole exchange. */
export const createHttpDelivery = (options: {
  endpoint: string;
  contentType: string;
  timeoutMs: number;
}): HttpDelivery => {
  const url = new URL(options.endpoint);
  const { request, Agent } = url.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  return {
    post: (body, signal) =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': options.contentType, 'content-length': body.length };
        const outgoing = request(url, { method: 'POST', agent, headers, signal }, (answer) => {
          const status = answer.statusCode ?? 0;
          answer.on('close', () => {
            clearTimeout(timer);
            if (status >= 200 && status < 300) resolve();
            else if (isWorthRepeating(status)) reject(new Error(`status ${status}`));
            else reject(new Refused(`status ${status}`));
          });
          // Its status has been read: how its body ends changes nothing.
          answer.on('error', () => undefined);
          answer.resume();
        });
        const timer = setTimeout(() => outgoing.destroy(new Error('no answer in time')), options.timeoutMs).unref();
        outgoing.on('error', (error) => {
          clearTimeout(timer);
          reject(error);
        });
        outgoing.end(asBytes(body));
      }),
    close: () => agent.destroy(),
  };
};
