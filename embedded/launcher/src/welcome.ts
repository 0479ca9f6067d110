import type { Addresses } from './plan.js';
import type { DemoSecrets } from './secrets.js';

/** What a person needs next: where to go, who to be, and three commands that work as they are printed. */
export const toWelcome = (addresses: Addresses, secrets: DemoSecrets, logDirectory: string): string => {
  const { gateway, console: consolePage, jaeger, elasticsearch, prometheus } = addresses;
  return `
Glasshouse is up.

  Console     ${consolePage}      what is slow, what failed, and why
  Gateway     ${gateway}      API page ${gateway}/docs
  Traces      ${jaeger}/api/services
  Logs        ${elasticsearch}/glasshouse-logs-*/_search
  Metrics     ${prometheus}/api/v1/targets
  Log files   ${logDirectory}

  Customer    ada@glasshouse.test    ${secrets.customerPassword}
  Admin       admin@glasshouse.test  ${secrets.adminPassword}

Log in, order, and look at that order's trace:

${toCurlCommands(addresses, secrets).join('\n\n')}

The same with one command: npm run demo${gateway.endsWith(':8080') ? '' : '   (it finds this running shop by itself)'}
Ctrl-C ends everything.`;
};

/** The token and the trace id stay in shell variables; node reads the JSON, since nothing else is sure to be there. */
export const toCurlCommands = ({ gateway, jaeger }: Addresses, secrets: DemoSecrets): string[] => [
  `TOKEN=$(curl -s ${gateway}/users/api/login -H 'content-type: application/json' \\
  -d '{"email":"ada@glasshouse.test","password":"${secrets.customerPassword}"}' \\
  | node -p 'JSON.parse(require("fs").readFileSync(0)).accessToken')`,
  `TRACE=$(curl -s ${gateway}/api/orders -H "authorization: Bearer $TOKEN" -H "idempotency-key: order-$RANDOM$RANDOM" \\
  -H 'content-type: application/json' -d '{"lines":[{"sku":"TEA-001","quantity":1}],"paymentMethod":"card_ok"}' \\
  -D - -o /dev/stderr | sed -n 's/^traceresponse: 00-\\([0-9a-f]*\\)-.*/\\1/p')`,
  // Spans arrive up to a second after the answer; until then this trace is not found.
  `curl -sf --retry 5 --retry-all-errors ${jaeger}/api/traces/$TRACE`,
];
