import { createCancelOrder } from './cancel-order.js';
import { createOutbox } from './outbox.js';
import { createPlaceOrder } from './place-order.js';
import type { Ports } from './ports.js';
import { createReadOrders } from './read-orders.js';
import { createRecoverOrders } from './recover-orders.js';
import { createSaga } from './saga.js';

export type UseCases = ReturnType<typeof createUseCases>;

export const createUseCases = (ports: Ports) => {
  const outbox = createOutbox(ports);
  const saga = createSaga(ports, outbox);
  return {
    placeOrder: createPlaceOrder(ports, saga),
    cancelOrder: createCancelOrder(ports, saga),
    recoverOrders: createRecoverOrders(ports, saga, outbox),
    ...createReadOrders(ports),
    /** A job of its own: a recovery that waits for a hanging service must not let what was told look untold. */
    settleOrders: outbox.sweep,
    /** Before the process goes down in order. */
    closeOutbox: outbox.close,

    /** Age in seconds of the oldest order that is not at its end; 0 if there is none. */
    async oldestOpenSeconds(): Promise<number> {
      const acceptedAt = await ports.store.oldestOpen();
      return acceptedAt === undefined ? 0 : Math.max(0, ports.clock.now().getTime() - acceptedAt.getTime()) / 1000;
    },
  };
};
