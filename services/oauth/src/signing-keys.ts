import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Sealing } from './sealing.js';
import type { KeyRing, SigningKeys } from './use-cases/ports.js';

export type GeneratePair = () => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

/** 2048 bits: what RS256 asks for (RFC 7518, section 3.3), and three times as fast to sign with as 3072. */
export const generateRsaPair: GeneratePair = () => promisify(generateKeyPair)('rsa', { modulusLength: 2048 });

/** One key as it stands in the database; the private half is sealed, and gone once the key signs no more. */
export interface StoredKey {
  readonly kid: string;
  /** SPKI, base64. */
  readonly publicKey: string;
  readonly sealedPrivateKey?: string | undefined;
  readonly createdAt: Date;
}

/** The whole ring is one document, so that a rotation is one guarded write. */
export interface StoredRing {
  readonly version: number;
  readonly next: StoredKey;
  readonly current: StoredKey;
  readonly previous?: StoredKey | undefined;
  readonly rotatedAt?: Date | undefined;
}

export interface RingStore {
  find(): Promise<StoredRing | undefined>;
  /** `false` if a ring already stands there. */
  insert(ring: StoredRing): Promise<boolean>;
  /** `false` if the ring is no longer at the version before. */
  replace(ring: StoredRing): Promise<boolean>;
}

export interface LoadedSigningKeys extends SigningKeys {
  /** Makes the ring on the very first start and reads it on each later one; needed before anything else. */
  load(): Promise<'created' | 'loaded'>;
  /** Follows a rotation that another replica made. */
  reload(): Promise<void>;
  /** Since the signing key began to sign; 0 before it is loaded. */
  ageSeconds(): number;
}

export interface SigningKeysOptions {
  readonly store: RingStore;
  readonly openSealing: () => Promise<Sealing>;
  readonly now: () => Date;
  readonly generatePair: GeneratePair;
}

/** Three slots: `next` and `current` can sign, `previous` only still verifies. */
export const createSigningKeys = ({ store, openSealing, now, generatePair }: SigningKeysOptions): LoadedSigningKeys => {
  let sealing: Sealing | undefined;
  let loaded: { stored: StoredRing; ring: KeyRing } | undefined;

  const open = async (): Promise<Sealing> => {
    sealing ??= await openSealing();
    return sealing;
  };
  /** Named by the start of the digest of its public half, so that a name can never mean two keys. */
  const createKey = async (opened: Sealing): Promise<StoredKey> => {
    const pair = await generatePair();
    const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' });
    return {
      kid: createHash('sha256').update(publicKey).digest('base64url').slice(0, 16),
      publicKey: publicKey.toString('base64'),
      sealedPrivateKey: opened.seal(pair.privateKey.export({ type: 'pkcs8', format: 'der' })),
      createdAt: now(),
    };
  };
  const take = async (stored: StoredRing): Promise<KeyRing> => {
    if (loaded?.stored.version === stored.version) return loaded.ring;
    const ring = toRing(stored, await open());
    loaded = { stored, ring };
    return ring;
  };
  const current = (): { stored: StoredRing; ring: KeyRing } => {
    if (loaded === undefined) throw new Error('The signing keys are not loaded yet.');
    return loaded;
  };

  return {
    ring: () => current().ring,

    async load() {
      const found = await store.find();
      if (found !== undefined) {
        await take(found);
        return 'loaded';
      }
      const opened = await open();
      const [first, second] = await Promise.all([createKey(opened), createKey(opened)]);
      const isFirst = await store.insert({ version: 1, current: first, next: second });
      const standing = await store.find();
      if (standing === undefined) throw new Error('The ring of signing keys vanished while it was made.');
      await take(standing);
      return isFirst ? 'created' : 'loaded';
    },

    async reload() {
      const found = await store.find();
      if (found !== undefined) await take(found);
    },

    ageSeconds() {
      const since = loaded?.ring.rotatedAt ?? loaded?.ring.current.createdAt ?? now();
      return Math.max(0, (now().getTime() - since.getTime()) / 1000);
    },

    async rotate(at) {
      const { stored } = current();
      const { sealedPrivateKey: _signsNoMore, ...previous } = stored.current;
      const next = await createKey(await open());
      const rotated = { version: stored.version + 1, next, current: stored.next, previous, rotatedAt: at };
      return (await store.replace(rotated)) ? take(rotated) : undefined;
    },
  };
};

const toRing = (stored: StoredRing, sealing: Sealing): KeyRing => ({
  version: stored.version,
  next: { ...toPublic(stored.next), privateKey: toPrivate(stored.next, sealing) },
  current: { ...toPublic(stored.current), privateKey: toPrivate(stored.current, sealing) },
  previous: stored.previous === undefined ? undefined : toPublic(stored.previous),
  rotatedAt: stored.rotatedAt,
});

const toPublic = ({ kid, publicKey, createdAt }: StoredKey) => ({
  kid,
  createdAt,
  publicKey: createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' }),
});

const toPrivate = ({ kid, sealedPrivateKey = '' }: StoredKey, sealing: Sealing): KeyObject => {
  try {
    return createPrivateKey({ key: sealing.open(sealedPrivateKey), format: 'der', type: 'pkcs8' });
  } catch {
    throw new Error(`SIGNING_KEYS_FILE does not open signing key ${kid}; put the file of the first start back.`);
  }
};
