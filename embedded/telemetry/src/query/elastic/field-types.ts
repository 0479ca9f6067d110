/** Types of Elasticsearch in which values are compared otherwise than as whole texts. */
export type FieldType = 'date' | 'text' | 'long' | 'boolean' | 'keyword';

export const dateField = '@timestamp';

const named = (type: FieldType, names: string): [string, FieldType][] => names.split(' ').map((name) => [name, type]);

/** The fields of infra/elasticsearch/index-template.json, which a test compares. */
export const fieldTypes: ReadonlyMap<string, FieldType> = new Map([
  ...named('date', dateField),
  ...named('text', 'message error.message error.stack_trace'),
  ...named('long', 'event.duration http.response.status_code'),
  ...named(
    'long',
    'glasshouse.order.attempts glasshouse.order.total glasshouse.invoice.bytes glasshouse.payment.amount',
  ),
  ...named('long', 'glasshouse.quantity glasshouse.available glasshouse.delta glasshouse.attempt glasshouse.count'),
  ...named('long', 'glasshouse.refused glasshouse.faults'),
  ...named('boolean', 'glasshouse.is_forced'),
  ...named('keyword', 'log.level service.name service.version service.instance.id service.target.name'),
  ...named('keyword', 'event.id event.action trace.id span.id request.id user.id'),
  ...named('keyword', 'http.request.method http.route error.code'),
  ...named('keyword', 'glasshouse.order.id glasshouse.order.number glasshouse.order.state glasshouse.order.currency'),
  ...named('keyword', 'glasshouse.order.driver glasshouse.sku glasshouse.payment.currency glasshouse.state'),
  ...named('keyword', 'glasshouse.operation glasshouse.reason glasshouse.job glasshouse.client_id glasshouse.key_id'),
  ...named('keyword', 'glasshouse.throttled_by'),
]);

/** Searched by words; every other text is a keyword and is compared as a whole. */
export const isText = (field: string): boolean => fieldTypes.get(field) === 'text';
