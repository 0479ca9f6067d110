import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { type AppError, kitErrors } from '../errors.js';

const maxBodyBytes = 64 * 1024;

/** 5,000 nested arrays fit into 10 kB and overflow the stack of whoever walks or writes them again. */
const maxJsonDepth = 20;

export type BodyType = 'json' | 'form';

const mediaTypes = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const;

/** Whether a body was announced; a length of 0 announces none. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

/**
 * Reads and decodes the body of a request; `undefined` if there is none.
 * @throws kitErrors.unsupportedMediaType, bodyTooLarge, malformedJson, invalidRequest
 */
export const readBody = async (req: IncomingMessage, type: BodyType): Promise<unknown> => {
  if (!hasBody(req)) return undefined;
  checkHeaders(req, type);
  const bytes = await readBytes(req);
  if (!isUtf8(bytes)) throw malformed(type);
  return type === 'json' ? parseJson(bytes.toString('utf8')) : parseForm(bytes.toString('utf8'));
};

const checkHeaders = ({ headers }: IncomingMessage, type: BodyType): void => {
  const [mediaType = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  const isUnderstood =
    mediaType.trim() === mediaTypes[type] &&
    (charset === undefined || /^charset="?utf-8"?$/.test(charset)) &&
    (headers['content-encoding'] ?? 'identity').toLowerCase() === 'identity';
  if (!isUnderstood) {
    throw kitErrors.unsupportedMediaType({
      detail: `The body must be ${mediaTypes[type]} in UTF-8, not compressed.`,
      headers: { accept: mediaTypes[type] },
    });
  }
  if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
};

/** Events instead of `for await`: leaving such a loop early destroys the socket, and the caller never sees the 413. */
const readBytes = (req: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const settle = (error: AppError | undefined): void => {
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      if (error === undefined) resolve(Buffer.concat(chunks));
      else reject(error);
    };
    const onData = (chunk: Uint8Array): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBodyBytes) settle(tooLarge());
    };
    const onEnd = (): void => settle(undefined);
    const onClose = (): void => settle(kitErrors.invalidRequest({ detail: 'The body ended early.' }));
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });

/** The rest of such a body is not read, so the connection cannot be used again. */
const tooLarge = (): AppError =>
  kitErrors.bodyTooLarge({ detail: `At most ${maxBodyBytes} bytes.`, headers: { connection: 'close' } });

const malformed = (type: BodyType): AppError =>
  type === 'json' ? kitErrors.malformedJson() : kitErrors.invalidRequest({ detail: 'The body is no valid form.' });

const parseJson = (text: string): unknown => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('json');
  }
  if (isDeeperThan(value, maxJsonDepth)) {
    throw kitErrors.invalidRequest({ detail: `JSON may be nested ${maxJsonDepth} levels deep.` });
  }
  return value;
};

const isDeeperThan = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((child) => isDeeperThan(child, levels - 1)));

/** RFC 6749 section 3.2: a parameter must not be there twice; nor would anyone know which one counts. */
const parseForm = (text: string): Record<string, string> => {
  const form = new URLSearchParams(text);
  const names = [...form.keys()];
  if (new Set(names).size < names.length) {
    throw kitErrors.invalidRequest({ detail: 'A parameter of the form is there twice.' });
  }
  return Object.fromEntries(form);
};
