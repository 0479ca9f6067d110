import type { Order } from '../domain.js';
import { errors } from '../errors.js';
import type { OrderPosition, Page, Ports } from './ports.js';

/** Who asks. An administrator sees every customer's orders; for everybody else those of others do not exist. */
export interface Reader {
  readonly sub: string;
  readonly isAdmin: boolean;
}

export const createReadOrders = ({ store, invoices, probe }: Ports) => {
  const getOrder = async (id: string, reader: Reader): Promise<Order> => {
    const order = await store.find(id);
    if (order === undefined || !(reader.isAdmin || order.sub === reader.sub)) throw errors.orderNotFound();
    return order;
  };

  return {
    getOrder,

    /** Newest first; `next` is the position after which the following page begins, absent on the last one. */
    async listOrders(reader: Reader, page: Page): Promise<{ orders: Order[]; next?: OrderPosition | undefined }> {
      const found = await store.list(reader.isAdmin ? undefined : reader.sub, { ...page, limit: page.limit + 1 });
      const orders = found.slice(0, page.limit);
      return { orders, next: found.length > page.limit ? orders.at(-1) : undefined };
    },

    /** Those of the given orders that are at their end, so that nobody will ask for their holds again. */
    findTerminal: (ids: readonly string[]): Promise<string[]> => store.terminal(ids),

    /** The invoice of a confirmed order as a PDF document. */
    async renderInvoice(id: string, reader: Reader): Promise<{ order: Order; pdf: Buffer }> {
      const order = await getOrder(id, reader);
      if (order.state !== 'CONFIRMED') throw errors.orderNotConfirmed();
      const pdf = await invoices.render(order);
      probe.invoiceRendered(order, pdf.length);
      return { order, pdf };
    },
  };
};
