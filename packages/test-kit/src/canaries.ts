import type { TestService } from './service.js';

/**
 * Fails if one of the values stands anywhere in the captured logs, spans or metrics of a service. Values are looked
 * for as they are, and as they would stand percent-encoded, base64-encoded or with JSON escapes.
 */
export const expectNoneOf = async (service: TestService, secrets: readonly string[]): Promise<void> => {
  const telemetry: Record<string, string> = {
    logs: JSON.stringify(service.logs),
    spans: JSON.stringify(service.spans),
    metrics: await service.scrape(),
  };
  for (const [index, secret] of secrets.entries()) {
    for (const [signal, text] of Object.entries(telemetry)) {
      const found = toSpellings(secret).find((spelling) => text.includes(spelling));
      if (found !== undefined) throw new Error(`secret number ${index} (${secret.slice(0, 4)}...) stands in ${signal}`);
    }
  }
};

/** The ways in which a value may stand in a text. */
export const toSpellings = (secret: string): string[] => [
  ...new Set([
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
  ]),
];
