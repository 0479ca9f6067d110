type Line = Readonly<Record<string, unknown>>;

const dayMs = 86_400_000;
/** A day before any test runs, so that no date math reaches it; the lines spread over three days from here. */
const linesStart = Date.UTC(2026, 0, 30, 18);
const count = 360;
const stepMs = Math.floor((2 * dayMs) / count) + 137;

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

/** What is hard to cut into words, and what looks like a part of a query. */
const messages = [
  'Order G-2026-ABC123 was accepted.',
  'The card was declined: insufficient funds (do not retry)',
  "Ada's basket couldn't be priced",
  'GET /api/orders/4711 took 1,250.75 ms',
  'payment-service answered 503, retrying in 250ms',
  'order.placed by user_42 at 10.0.0.17:8084',
  'Straße, Ångström, naïve café — “quoted”',
  '在庫がありません',
  '库存不足 for SKU TEA-001',
  'status:500 AND NOT (a OR b) "x" \\ / * ? ~ ^',
  'UPPER lower MiXeD Case',
  '🫖 tea is sold out 🫖',
  '☕ ❤️ 👩‍🚀 👍🏽 ™ © 5️⃣ 🇩🇪',
  'テスト 한국어 ภาษาไทย עברית ひらがな',
  'a.b.c d..e 3.14 1.2.3 x2y e-mail',
  '',
  'retry retry retry',
];

const stack = `Error: connect ECONNREFUSED 127.0.0.1:8283
    at PaymentClient.charge (/app/services/order/dist/clients/payment.js:41:13)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)`;

/** Lines with every field of the index template and values at their edges; the same ones each time. */
export const createLines = (): Line[] =>
  Array.from({ length: count }, (_, index) => {
    const random = (index * 7_919) % 1_009;
    const isRequest = index % 3 === 0;
    const isError = index % 7 === 0;
    return {
      '@timestamp': new Date(linesStart + index * stepMs).toISOString(),
      'event.id': `line-${String(index).padStart(4, '0')}`,
      'log.level': pick(['info', 'info', 'debug', 'warn', 'error'], random),
      message: pick(messages, index),
      'service.name': pick(['gateway', 'order', 'payment', 'product', 'customer', 'oauth'], random),
      'service.version': pick(['0.1.0', '0.1.0', '0.2.0-rc.1'], index),
      'service.instance.id': `${pick(['order', 'payment'], index)}-${index % 5}`,
      'event.action': pick(
        ['http.request', 'order.placed', 'order.confirmed', 'payment.declined', 'auth.denied'],
        index,
      ),
      ...(index % 11 === 0 ? {} : { 'trace.id': ((index % 40) + 1).toString(16).padStart(32, '0') }),
      ...(isRequest
        ? {
            'http.request.method': pick(['GET', 'POST', 'PUT'], index),
            'http.route': pick(['/api/orders', '/api/products/:sku', '/internal/payments/:orderId'], random),
            'http.response.status_code': pick([200, 201, 202, 304, 402, 404, 409, 500, 503], random),
            'event.duration': random * random * 1_000 + 1,
          }
        : {}),
      ...(isError
        ? {
            'error.code': pick(['card_declined', 'out_of_stock', 'upstream-timeout', 'AppError'], index),
            'error.message': pick(messages, index + 1),
            'error.stack_trace': stack,
          }
        : {}),
      ...(index % 5 === 0
        ? {
            'glasshouse.order.number': `G-2026-${String(index % 17).padStart(4, 'A')}`,
            'glasshouse.order.total': random * 10,
            'glasshouse.is_forced': index % 10 === 0,
            'glasshouse.delta': (index % 9) - 4,
          }
        : {}),
      ...(index % 13 === 0 ? { 'glasshouse.sku': ['TEA-001', 'MUG 2', `S${index % 3}`] } : {}),
      ...(index % 17 === 0
        ? { 'user.id': null, 'glasshouse.reason': pick(['', 'a b', 'A B', '*', 'a*b'], index) }
        : {}),
    };
  });
