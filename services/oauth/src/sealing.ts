import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** Encrypts what must not be readable in the database by anyone but oauth. */
export interface Sealing {
  seal(plain: Buffer): string;
  /** @throws if it was sealed with another key, or changed since */
  open(sealed: string): Buffer;
}

const fileSchema = z.strictObject({ sealingKey: z.string().regex(/^[0-9a-f]{64}$/) });
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM; a sealed text is base64 of nonce, tag and ciphertext. */
export const createSealing = (key: Buffer): Sealing => ({
  seal(plain) {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64');
  },
  open(sealed) {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
  },
});

/**
 * Reads the sealing key from a file `{"sealingKey": "<64 hex digits>"}`, and makes the file, for oauth's eyes only,
 * if there is none. Replicas that start together agree, since only one of them can link its file into place.
 */
export const loadSealing = async (file: string): Promise<Sealing> => {
  const text = (await readIfPresent(file)) ?? (await makeFile(file));
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new Error(`SIGNING_KEYS_FILE ${file} is not {"sealingKey": "<64 hex digits>"}; put the right one back.`);
  }
  return createSealing(Buffer.from(parsed.data.sealingKey, 'hex'));
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const readIfPresent = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const makeFile = async (file: string): Promise<string> => {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const made = { sealingKey: randomBytes(32).toString('hex') };
  await writeFile(draft, `${JSON.stringify(made)}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, 'utf8');
};
