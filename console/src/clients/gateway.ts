import { randomBytes, randomUUID } from 'node:crypto';
import { type ClientAnswer, DownstreamError, type HttpClient } from '@glasshouse/service-kit';
import { z } from 'zod';
import { errors } from '../errors.js';

export const paymentMethods = ['card_ok', 'card_declined', 'card_slow', 'card_flaky'] as const;
export type PaymentMethod = (typeof paymentMethods)[number];

/** What became of a purchase, whatever became of it. */
export interface Purchase {
  /** 32 hex digits: the trace of the order's request. */
  readonly traceId: string;
  /** The status of the gateway's answer: 201, 202, 402, 409 or a failure. */
  readonly status: number;
  readonly orderId?: string | undefined;
  readonly orderNo?: string | undefined;
  /** Of a refused or failed order. */
  readonly code?: string | undefined;
}

export interface GatewayClient {
  /** Registers a customer nobody has been before, and orders one of something that is in stock. */
  purchase(paymentMethod: PaymentMethod): Promise<Purchase>;
}

const tokenAnswer = z.object({ accessToken: z.string() });
const productsAnswer = z.object({ items: z.array(z.object({ sku: z.string() })).min(1) });
const orderAnswer = z.object({
  id: z.string().optional(),
  orderNo: z.string().optional(),
  code: z.string().optional(),
});

/** A failed order is what the console is there to explain, so these answers are as good as any. */
const orderStatuses = [201, 202, 402, 409, 429, 500, 502, 503, 504];

export const createGatewayClient = (client: HttpClient): GatewayClient => {
  const login = async (): Promise<string> => {
    const email = `console-${randomUUID()}@glasshouse.test`;
    const password = randomBytes(12).toString('base64url');
    const customer = { email, password, name: 'A Visitor' };
    await client.request({ method: 'POST', path: '/api/customers', body: customer, expect: [201] });
    const answer = await client.request({
      method: 'POST',
      path: '/users/api/login',
      body: { email, password },
      expect: [200],
    });
    return parse(tokenAnswer, answer).accessToken;
  };
  const findSku = async (): Promise<string> => {
    const query = { available: 'true', limit: '50' };
    const answer = await client.request({ method: 'GET', path: '/api/products', query, expect: [200] });
    const { items } = parse(productsAnswer, answer);
    return items[Math.floor(Math.random() * items.length)]?.sku ?? '';
  };
  return {
    async purchase(paymentMethod) {
      try {
        const [token, sku] = await Promise.all([login(), findSku()]);
        const answer = await client.request({
          method: 'POST',
          path: '/api/orders',
          headers: { authorization: `Bearer ${token}`, 'idempotency-key': randomUUID() },
          body: { lines: [{ sku, quantity: 1 }], paymentMethod },
          expect: orderStatuses,
        });
        const { id, orderNo, code } = parse(orderAnswer, answer);
        const traceId = answer.headers.traceresponse?.split('-')[1] ?? '';
        return { traceId, status: answer.status, orderId: id, orderNo, code };
      } catch (error) {
        if (!(error instanceof DownstreamError)) throw error;
        throw errors.gatewayUnavailable({ detail: toDetail(error), cause: error });
      }
    },
  };
};

const toDetail = ({ peerStatus }: DownstreamError): string =>
  peerStatus === undefined
    ? 'The gateway does not answer.'
    : `The gateway answered ${peerStatus} before there was an order.`;

const parse = <T>(schema: z.ZodType<T>, { body }: ClientAnswer): T => {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw errors.gatewayUnavailable({ detail: 'The gateway gave no usable answer.' });
};
