import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { runInContext } from '@glasshouse/telemetry';
import { z } from 'zod';
import type { Clients } from '../client.js';
import type { Clock } from '../clock.js';
import { kitErrors } from '../errors.js';

/** The public keys of the token issuer, by key id. */
export interface KeySet {
  /**
   * The key of an id, `undefined` if the issuer has none of that id.
   * @throws kitErrors.keysUnavailable if the id is unknown and the issuer cannot be asked
   */
  find(kid: string): Promise<KeyObject | undefined> | KeyObject | undefined;
}

export interface KeySetOptions {
  /** Fetches the JWKS (RFC 7517); rejects if that fails. */
  fetchKeys: () => Promise<unknown>;
  clock: Clock;
  /** Between two fetches because of unknown key ids. Default 1,000. */
  minIntervalMs?: number | undefined;
}

/** Old enough to be fetched again, behind the requests: so the next key is known before its first token. */
const refreshAfterMs = 5 * 60_000;

/** Requests with unknown key ids that may wait for the same fetch; a flood of them must not occupy the service. */
const maxWaiting = 100;

/**
 * Keeps the issuer's keys. Known keys are served however old they are, since a token must hold while the issuer is
 * down. An unknown id asks the issuer: at most once in `minIntervalMs`, and everyone who needs an answer meanwhile waits
 * for that one fetch. So junk ids cost the issuer one request a second, and can neither use up nor block the fetch that
 * a real rotation needs.
 */
export const createKeySet = ({ fetchKeys, clock, minIntervalMs = 1_000 }: KeySetOptions): KeySet => {
  let keys: ReadonlyMap<string, KeyObject> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;
  let waiting = 0;

  const fetchOnce = async (): Promise<void> => {
    const waitMs = triedAt + minIntervalMs - performance.now();
    if (waitMs > 0) await pause(waitMs, undefined, { ref: false });
    triedAt = performance.now();
    keys = toKeys(await fetchKeys());
    fetchedAt = clock.now().getTime();
  };
  const refresh = (): Promise<void> => {
    pending ??= fetchOnce().finally(() => {
      pending = undefined;
    });
    return pending;
  };
  const findFresh = async (kid: string): Promise<KeyObject | undefined> => {
    if (waiting >= maxWaiting) return undefined;
    waiting += 1;
    try {
      await refresh();
    } catch (cause) {
      throw kitErrors.keysUnavailable({ cause, retryAfterSeconds: 1 });
    } finally {
      waiting -= 1;
    }
    return keys.get(kid);
  };
  return {
    find: (kid) => {
      const key = keys.get(kid);
      if (key === undefined) return findFresh(kid);
      const isOld = clock.now().getTime() - fetchedAt > refreshAfterMs;
      // The client has counted and logged a failure; the old keys go on being served.
      if (isOld) refresh().catch(() => {});
      return key;
    },
  };
};

const jwksSchema = z.object({
  keys: z.array(z.looseObject({ kid: z.string().min(1).max(200), kty: z.string() })).max(20),
});
const minModulusBits = 2_048;

/** Only the key itself is taken from an entry: `x5u` and `x5c` could name somebody else's. */
const toKeys = (jwks: unknown): ReadonlyMap<string, KeyObject> => {
  const usable = jwksSchema
    .parse(jwks)
    .keys.filter(({ kty, use, alg }) => kty === 'RSA' && (use ?? 'sig') === 'sig' && (alg ?? 'RS256') === 'RS256')
    .map(({ kid, kty, n, e }) => [kid, createPublicKey({ key: { kty, n, e } as JsonWebKey, format: 'jwk' })] as const)
    .filter(([, key]) => (key.asymmetricKeyDetails?.modulusLength ?? 0) >= minModulusBits);
  if (usable.length === 0) throw new Error('The JWKS has no RS256 key.');
  return new Map(usable);
};

/** Fetches the JWKS by the kit's own client, so that it has its span, its metric and its timeouts. */
export const createKeyFetch = (clients: Clients, jwksUrl: string): KeySetOptions['fetchKeys'] => {
  const { origin, pathname } = new URL(jwksUrl);
  const client = clients.create({
    peer: 'oauth',
    baseUrl: origin,
    timeoutMs: 2_000,
    attempts: 2,
    breaker: false,
    sendServiceKey: false,
  });
  // An own context: the keys serve all requests, so neither the trace nor the deadline of one of them counts.
  return () =>
    runInContext({}, async () => (await client.request({ method: 'GET', path: pathname, expect: [200] })).body);
};
