import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../config.js';
import { kitErrors } from '../errors.js';

/** How services prove themselves to each other: `x-service-key: <caller>.<secret>`. */
export interface ServiceKeys {
  /** This service's own header value; absent if it was given no secret. */
  readonly own: string | undefined;
  /**
   * @returns the service that proved itself
   * @throws kitErrors.unauthenticated without a key, invalidServiceKey if it is wrong, forbidden if that service may not call this
   */
  verify(header: string | readonly string[] | undefined, allowed: readonly string[]): string;
}

const fileSchema = z.strictObject({
  self: z.string().min(32),
  callers: z.record(z.string(), z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(2)),
});

export interface ServiceKeysOptions {
  /** This service's name. */
  name: string;
  /** Path of `{ self: <secret>, callers: { <service>: [<sha256 of secret>, ...] } }`; empty: nobody is let in. */
  file: string;
  /** Example secrets are refused outside of it. */
  isDemo: boolean;
}

/**
 * Reads the keys. The file holds only digests of the others' secrets, two active at once for rotation.
 * @throws ConfigError if it cannot be read, has another shape, or still has an example's secret
 */
export const loadServiceKeys = ({ name, file, isDemo }: ServiceKeysOptions): ServiceKeys => {
  if (file === '') return { own: undefined, verify: createVerify(new Map()) };
  const content = fileSchema.safeParse(readJson(file));
  if (!content.success) {
    throw new ConfigError([
      'SERVICE_KEYS_FILE is not valid; expected { self: secret, callers: { name: [sha256 hex] } }',
    ]);
  }
  const { self, callers } = content.data;
  if (!isDemo && /^(example|demo|change)/i.test(self)) {
    throw new ConfigError([
      'SERVICE_KEYS_FILE holds an example secret; expected a secret of your own (or DEMO_MODE=true)',
    ]);
  }
  const digests = Object.entries(callers).map(([caller, hexes]) => [caller, hexes.map((hex) => toBytes(hex))] as const);
  return { own: `${name}.${self}`, verify: createVerify(new Map(digests)) };
};

const toBytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new ConfigError(['SERVICE_KEYS_FILE cannot be read; expected the path of a JSON file']);
  }
};

const createVerify =
  (callers: ReadonlyMap<string, readonly Uint8Array[]>): ServiceKeys['verify'] =>
  (header, allowed) => {
    if (typeof header !== 'string') throw kitErrors.unauthenticated();
    const end = header.indexOf('.');
    const caller = header.slice(0, Math.max(0, end));
    const digest = toBytes(
      createHash('sha256')
        .update(header.slice(end + 1))
        .digest('hex'),
    );
    // Every digest is compared, also after a match: the time must not tell which one it was.
    const isRight = (callers.get(caller) ?? []).reduce((found, each) => timingSafeEqual(each, digest) || found, false);
    if (!isRight) throw kitErrors.invalidServiceKey();
    if (!allowed.includes(caller)) throw kitErrors.forbidden();
    return caller;
  };
