import { useState } from 'preact/hooks';
import { Notice } from '../../parts/notice.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { navigate } from '../../shell/location.js';
import { type OrderAnswer, OrderError, placeOrder, untilTraceIsThere } from './order.js';

const paymentMethods = [
  ['card_ok', 'a card that works'],
  ['card_declined', 'a card that is declined'],
  ['card_slow', 'a card that takes 3 s'],
  ['card_flaky', 'a card that fails once'],
] as const;

/** Buys something as a new customer, and opens the trace of it. */
export const PlaceOrder = () => {
  const [method, setMethod] = useState<string>('card_ok');
  const [step, setStep] = useState<string | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);

  const buy = async (event: Event): Promise<void> => {
    event.preventDefault();
    setError(undefined);
    try {
      setStep('A new customer registers, logs in and orders …');
      const answer = await placeOrder(method);
      setStep(`${describe(answer)} Its trace is on its way …`);
      await untilTraceIsThere(answer.traceId, (traceId) => backends.jaeger.trace(traceId));
      navigate(`/traces/${answer.traceId}`);
    } catch (thrown) {
      setError(thrown);
      setStep(undefined);
    }
  };

  return (
    <>
      <form class="toolbar place-order" onSubmit={(event) => void buy(event)}>
        <label>
          <span class="visually-hidden">Pay with</span>
          <select value={method} onChange={(event) => setMethod(event.currentTarget.value)}>
            {paymentMethods.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={step !== undefined}>
          Place an order
        </button>
      </form>
      <p class="muted order-step" role="status">
        {step}
      </p>
      {error === undefined ? null : <OrderProblem error={error} />}
    </>
  );
};

const describe = ({ orderNo, status, code }: OrderAnswer): string =>
  orderNo === undefined
    ? `Answered ${status}${code === undefined ? '' : ` ${code}`}.`
    : `Order ${orderNo} (${status}).`;

const OrderProblem = ({ error }: { readonly error: unknown }) => {
  const title = error instanceof Error ? error.message : String(error);
  const code = error instanceof OrderError ? error.code : undefined;
  return (
    <Notice kind="error" title={title}>
      {code === undefined ? (
        'Is the console still running?'
      ) : (
        <Link href={`/docs/errors#${code}`}>What {code} means</Link>
      )}
    </Notice>
  );
};
