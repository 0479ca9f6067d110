export interface SavedSearch {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** In KQL, Kibana's query language. */
  readonly query: string;
  readonly columns: readonly string[];
  readonly order: 'asc' | 'desc';
}

export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly query: string;
  /** The field whose values are told apart. */
  readonly by: string;
  /** Over time, or as a table. */
  readonly kind: 'bars' | 'table';
}

const security = ['auth.denied', 'request.refused', 'limit.hit', 'login.failed', 'login.throttled', 'client.refused'];
const stolen = ['token.refused', 'token.reuse_detected'];

export const searches: readonly SavedSearch[] = [
  {
    id: 'glasshouse-errors',
    title: 'Errors',
    description: 'What needs a person, what the system helped itself with, and answers that were our fault.',
    query: 'log.level : ("error" or "warn") or http.response.status_code >= 500',
    columns: ['log.level', 'service.name', 'event.action', 'message', 'error.code', 'error.message', 'trace.id'],
    order: 'desc',
  },
  {
    id: 'glasshouse-slow',
    title: 'Slow requests',
    description: 'Requests that took half a second or more, as the service that answered them saw it.',
    query: 'event.action : "http.request" and event.duration >= 500000000',
    columns: [
      'event.duration',
      'service.name',
      'http.request.method',
      'http.route',
      'http.response.status_code',
      'trace.id',
    ],
    order: 'desc',
  },
  {
    id: 'glasshouse-order',
    title: "One order's story",
    description: 'Everything that was stated about orders, oldest first. Ask for one: glasshouse.order.number : "G-…"',
    query: 'glasshouse.order.number : *',
    columns: [
      'glasshouse.order.number',
      'service.name',
      'event.action',
      'message',
      'glasshouse.order.state',
      'trace.id',
    ],
    order: 'asc',
  },
  {
    id: 'glasshouse-security',
    title: 'Security events',
    description: 'Denials, refused requests, hit limits, failed logins, and tokens that should not have come.',
    query: `event.action : (${[...security, ...stolen].map((action) => `"${action}"`).join(' or ')})`,
    columns: ['event.action', 'service.name', 'message', 'user.id', 'http.route', 'request.id', 'trace.id'],
    order: 'desc',
  },
];

export const charts: readonly Chart[] = [
  { id: 'glasshouse-levels', title: 'Lines by level', query: '', by: 'log.level', kind: 'bars' },
  {
    id: 'glasshouse-statuses',
    title: 'Answers by status',
    query: 'event.action : "http.request"',
    by: 'http.response.status_code',
    kind: 'bars',
  },
  { id: 'glasshouse-services', title: 'Lines by service', query: '', by: 'service.name', kind: 'table' },
  {
    id: 'glasshouse-facts',
    title: 'What has happened',
    query: 'not event.action : "http.request"',
    by: 'event.action',
    kind: 'table',
  },
];
