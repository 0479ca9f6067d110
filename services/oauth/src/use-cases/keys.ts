import { clientTokenTtlS } from '../domain.js';
import { errors } from '../errors.js';
import type { KeyRing, Ports } from './ports.js';

/** Replicas read the ring anew this often; so long may another one go on signing with what has become `previous`. */
export const ringReloadMs = 5_000;
/** Tolerance of verifiers for clocks, and the reload above, with room to spare. */
const marginMs = 60_000;

export const createKeys = ({ signingKeys, probe, clock }: Pick<Ports, 'signingKeys' | 'probe' | 'clock'>) => ({
  ring: (): KeyRing => signingKeys.ring(),

  /**
   * Makes `next` the key that signs. The key that drops out must have signed no token that is still valid, so a
   * second rotation has to wait until the longest token is over; `isForced` is for a key that was stolen.
   * @throws errors.rotationTooEarly with the time to wait
   */
  async rotate({ isForced }: { isForced: boolean }): Promise<KeyRing> {
    const now = clock.now();
    const { rotatedAt } = signingKeys.ring();
    const waitMs =
      rotatedAt === undefined ? 0 : rotatedAt.getTime() + clientTokenTtlS * 1000 + marginMs - now.getTime();
    if (waitMs > 0 && !isForced) throw errors.rotationTooEarly({ retryAfterSeconds: Math.ceil(waitMs / 1000) });
    const ring = await signingKeys.rotate(now);
    if (ring === undefined) throw errors.rotationTooEarly({ detail: 'Another rotation happened at the same moment.' });
    probe.keysRotated(ring.current.kid, isForced);
    return ring;
  },
});
