import { recoveryMs, type Unfinished } from '../domain.js';
import type { Ports } from './ports.js';

export const createRecover = ({ store, credentials, probe, clock }: Ports) => {
  const recoverOne = async (seen: Unfinished): Promise<void> => {
    const claimed = await store.claim(seen, clock.now());
    if (claimed === undefined) return;
    if (claimed.state === 'PENDING' && (await credentials.exists(claimed.id))) {
      if ((await store.activate(claimed)) !== undefined) probe.registrationFinished(claimed.id);
      return;
    }
    // The removal is final in oauth, so a creation that is still on its way cannot leave a login without a customer.
    if (!(await credentials.remove(claimed.id))) return;
    if (claimed.state === 'CLOSING') {
      await store.markClosed(claimed.id);
      probe.loginRemoved(claimed.id);
    } else {
      await store.discard(claimed);
      probe.registrationAbandoned(claimed.id);
    }
  };

  return {
    /** Finishes or takes back what crashed half-way; every replica may run it at once. */
    async recover(signal: AbortSignal): Promise<void> {
      const now = clock.now().getTime();
      for (const seen of await store.findUnfinished(new Date(now - recoveryMs), 50)) {
        if (signal.aborted) return;
        await recoverOne(seen);
      }
      const oldest = await store.oldestUnfinished();
      probe.oldestUnfinished(oldest === undefined ? 0 : Math.max(0, (now - oldest.getTime()) / 1000));
    },
  };
};
