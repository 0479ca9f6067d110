import type { IncomingMessage } from 'node:http';
import { kitErrors } from '@glasshouse/service-kit';

const maxBodyBytes = 64 * 1024;

/**
 * Holds a request to the size limit before anything goes upstream. A body of known length is left in its stream; one
 * of unknown length is read here.
 * @returns the body if it was read
 * @throws kitErrors.bodyTooLarge
 */
export const readUnmeasuredBody = async (req: IncomingMessage): Promise<Buffer | undefined> => {
  const length = req.headers['content-length'];
  if (length !== undefined && Number(length) > maxBodyBytes) throw kitErrors.bodyTooLarge();
  if (req.headers['transfer-encoding'] === undefined) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw kitErrors.bodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};
