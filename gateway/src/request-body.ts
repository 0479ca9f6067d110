import type { IncomingMessage } from 'node:http';
import { kitErrors } from '@glasshouse/service-kit';

const maxBodyBytes = 64 * 1024;

/**
 * Holds a request to the size limit before anything goes upstream, as far as it says its size.
 * @returns whether its size is unknown, so that its body must be read here to be measured
 * @throws kitErrors.bodyTooLarge
 */
export const isUnmeasured = ({ headers }: IncomingMessage): boolean => {
  if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw kitErrors.bodyTooLarge();
  return headers['transfer-encoding'] !== undefined;
};

/** Reads a body whose size is not known. @throws kitErrors.bodyTooLarge */
export const readBody = async (req: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw kitErrors.bodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};
