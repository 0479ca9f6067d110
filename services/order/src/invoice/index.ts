import { join } from 'node:path';
import type { Kit } from '@glasshouse/service-kit';
import type { Invoices } from '../use-cases/ports.js';
import type { Invoice } from './render.js';
import type { InvoiceTasks } from './worker.js';

const task: keyof InvoiceTasks = 'invoice.render';

/** A thread runs the compiled file, also when the rest runs from its sources in a test. */
const file = join(__dirname, '..', '..', 'dist', 'invoice', 'worker.js');

export const createInvoices = (kit: Kit): Invoices => {
  const pool = kit.workers({ file, size: 1, maxQueue: 16 });
  return {
    render({ orderNo, createdAt, currency, total, lines }) {
      const invoice: Invoice = { orderNo, createdAt, currency, total, lines };
      return pool.run<Buffer>(task, invoice);
    },
  };
};
