import { defineWorkerTasks } from '@glasshouse/service-kit/worker-tasks';
import { renderInvoice } from './render.js';

// Typesetting a page takes longer than answering ten requests, so it happens in a thread of its own.
const tasks = { 'invoice.render': renderInvoice };
export type InvoiceTasks = typeof tasks;

defineWorkerTasks(tasks);
