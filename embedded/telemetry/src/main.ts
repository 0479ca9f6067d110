import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { createTelemetryBackend, type Ports } from './backend.js';
import { maxTimeScale } from './rules/durations.js';
import type { ScrapeTarget } from './scrape/scraper.js';

const realPorts: Ports = {
  fluentd: 24224,
  jaegerCollector: 14268,
  zipkin: 9411,
  jaegerQuery: 16686,
  elasticsearch: 9200,
  prometheus: 9090,
};

const usage =
  'usage: main.js [--ports-offset N] [--targets service=http://host:port,...] ' +
  '[--rules FOLDER] [--time-scale N] [--webhooks http://host:port/path,...]';

const parseTargets = (text: string): ScrapeTarget[] =>
  text
    .split(',')
    .filter((one) => one !== '')
    .map((one) => {
      const at = one.indexOf('=');
      const url = one.slice(at + 1);
      if (at < 1 || !URL.canParse(url)) throw new Error(`--targets: "${one}" is not service=url. ${usage}`);
      return { service: one.slice(0, at), url };
    });

const parseWebhooks = (text: string): string[] =>
  text
    .split(',')
    .filter((one) => one !== '')
    .map((one) => {
      // The address itself may hold a secret.
      if (!/^https?:/.test(one) || !URL.canParse(one)) throw new Error(`--webhooks: one is no http address. ${usage}`);
      return one;
    });

const parseTimeScale = (text: string): number => {
  const scale = Number(text);
  if (!(scale >= 1 && scale <= maxTimeScale))
    throw new Error(`--time-scale: "${text}" is not 1 to ${maxTimeScale}. ${usage}`);
  return scale;
};

const parseOffset = (text: string): number => {
  const offset = Number(text);
  if (!/^\d+$/.test(text) || offset > 40_000) throw new Error(`--ports-offset: "${text}" is not 0 to 40000. ${usage}`);
  return offset;
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      'ports-offset': { type: 'string', default: '0' },
      targets: { type: 'string', default: '' },
      rules: { type: 'string' },
      'time-scale': { type: 'string', default: '1' },
      webhooks: { type: 'string', default: '' },
    },
  });
  const offset = parseOffset(values['ports-offset'] ?? '0');
  const ports = Object.fromEntries(
    Object.entries(realPorts).map(([name, port]) => [name, port + offset]),
  ) as unknown as Ports;
  const backend = createTelemetryBackend({
    ports,
    scrapeTargets: parseTargets(values.targets ?? ''),
    rules: {
      folder: values.rules,
      timeScale: parseTimeScale(values['time-scale'] ?? '1'),
      webhooks: parseWebhooks(values.webhooks ?? ''),
    },
  });
  const taken = await backend.start();
  process.stdout.write(`${JSON.stringify({ ready: true, ports: taken })}\n`);

  const end = (): void => {
    // A second signal ends at once: nothing here is worth waiting for.
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(1));
    void backend.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
};

if (require.main === module) {
  // Most of the heap is telemetry that stays. By default V8 would let garbage of the same size gather beside it.
  setFlagsFromString('--heap-growing-percent=20');
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
