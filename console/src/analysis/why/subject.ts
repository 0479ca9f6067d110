import { toFullTraceId } from '../trace.js';

/** What somebody asks about. */
export interface Subject {
  readonly kind: 'trace' | 'request' | 'order-number' | 'order-id';
  readonly id: string;
}

/** How a person calls it. */
export const subjectNames: Readonly<Record<Subject['kind'], string>> = {
  trace: 'trace id',
  request: 'request id',
  'order-number': 'order number',
  'order-id': 'order id',
};

const header = /^[<>\s]*(?:traceresponse|traceparent|x-request-id|uber-trace-id|location)\s*:\s*/i;
const w3c = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\b/i;
const uber = /^([0-9a-f]{1,32}):[0-9a-f]{1,16}:[0-9a-f]{1,16}:/i;
const inUrl = /\/(?:traces|why|orders|payments)\/([^/?#\s]+)/;

/**
 * What a pasted text may stand for, the likeliest first: a trace id, a request id, an order's number or id; also as a
 * whole header (`traceresponse: 00-…`, `x-request-id: …`) or URL. Empty if it cannot be any of them.
 */
export const readSubjects = (text: string): Subject[] => {
  const bare = text
    .trim()
    .replace(header, '')
    .replace(/^["'`]|["'`;,]+$/g, '')
    .trim();
  const traceId = (w3c.exec(bare) ?? uber.exec(bare))?.[1];
  if (traceId !== undefined) return [{ kind: 'trace', id: toFullTraceId(traceId) }];
  const id = inUrl.exec(bare)?.[1] ?? bare;
  const subjects: Subject[] = [];
  if (/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i.test(id)) subjects.push({ kind: 'trace', id: toFullTraceId(id) });
  if (/^g-\d{4}-[0-9a-z]{4,12}$/i.test(id)) subjects.push({ kind: 'order-number', id: id.toUpperCase() });
  const isOrderId = /^[\w-]{43}$/.test(id);
  const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  if (isOrderId) subjects.push({ kind: 'order-id', id });
  if (subjects[0]?.kind !== 'order-number' && /^[\w.-]{8,64}$/.test(id)) subjects.push({ kind: 'request', id });
  if (isUuid) subjects.push({ kind: 'order-id', id });
  return subjects;
};
