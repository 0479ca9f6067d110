import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../shop.js';
import { createProcesses, freePort, median, type Processes, pinning, waitForHttp } from './processes.js';

const rounds = 5;
const secondsPerRound = 5;
const gatewayCore = 0;
const otherCore = 1;

/** Runs gateway and bare proxy in turns against one upstream and prints the ratio of each pair. */
export const benchGateway = async (): Promise<void> => {
  const processes = createProcesses();
  const directory = await mkdtemp(join(tmpdir(), 'glasshouse-bench-'));
  try {
    const { gatewayUrl, bareUrl, token } = await startAll(processes);
    process.stdout.write(`gateway against a bare proxy: ${rounds} rounds of ${secondsPerRound} s each, ${pinning}\n`);
    await measure(gatewayUrl, token, 3);
    await measure(bareUrl, token, 3);
    const ratios: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const gateway = await measure(gatewayUrl, token, secondsPerRound);
      const bare = await measure(bareUrl, token, secondsPerRound);
      ratios.push(gateway / bare);
      process.stdout.write(
        `  round ${round}: gateway ${gateway.toFixed(0)}/s, bare ${bare.toFixed(0)}/s, ratio ${(gateway / bare).toFixed(2)}\n`,
      );
    }
    process.stdout.write(
      `ratio: median ${median(ratios).toFixed(2)}, ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)} (target 0.80)\n`,
    );
  } finally {
    await processes.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

const startAll = async (processes: Processes) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'RS256' }] };
  const [upstreamPort, barePort, port, adminPort, fluentd, jaeger] = await Promise.all(
    Array.from({ length: 6 }, freePort),
  );
  const upstream = `http://127.0.0.1:${upstreamPort}`;
  const script = (name: string): string[] => [join(__dirname, `${name}.js`)];
  processes.start(script('upstream'), {
    env: { PORT: String(upstreamPort), BENCH_JWKS: JSON.stringify(jwks) },
    core: otherCore,
  });
  processes.start(script('telemetry-sinks'), {
    env: { FLUENTD_PORT: String(fluentd), JAEGER_PORT: String(jaeger) },
    core: otherCore,
  });
  processes.start(script('bare-proxy'), { env: { PORT: String(barePort), UPSTREAM: upstream }, core: gatewayCore });
  const targets = ['OAUTH', 'CUSTOMER', 'PRODUCT', 'ORDER', 'PAYMENT'].map((name) => [`${name}_URL`, upstream]);
  processes.start([join(root, 'gateway/dist/main.js')], {
    core: gatewayCore,
    env: {
      ...Object.fromEntries(targets),
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      DEMO_MODE: 'true',
      OAUTH_ISSUER: 'http://bench.test',
      JWKS_URL: `${upstream}/.well-known/jwks.json`,
      FLUENTD_URL: `tcp://127.0.0.1:${fluentd}`,
      JAEGER_ENDPOINT: `http://127.0.0.1:${jaeger}/api/traces`,
      CLIENT_RATE: '1000000',
    },
  });
  const path = '/api/products/TEA-001';
  const gatewayUrl = `http://127.0.0.1:${port}${path}`;
  const bareUrl = `http://127.0.0.1:${barePort}${path}`;
  await Promise.all([waitForHttp(gatewayUrl), waitForHttp(bareUrl)]);
  return { gatewayUrl, bareUrl, token: toToken(privateKey) };
};

/** A JWT (RFC 7519) as oauth signs them. */
const toToken = (privateKey: Parameters<typeof sign>[2]): string => {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'http://bench.test',
    aud: 'glasshouse',
    sub: randomUUID(),
    jti: randomUUID(),
    client_id: 'bench',
    scope: '',
    roles: ['customer'],
    iat: now,
    exp: now + 900,
  };
  const text = `${encode({ alg: 'RS256', typ: 'at+jwt', kid: 'bench' })}.${encode(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
};

/** Answers per second at 32 connections. */
const measure = async (url: string, token: string, seconds: number): Promise<number> => {
  const command = [process.execPath, join(__dirname, 'load-generator.js')];
  const [file = '', ...args] = pinning.startsWith('pinned')
    ? ['taskset', '-c', String(otherCore), ...command]
    : command;
  const { stdout } = await promisify(execFile)(file, args, {
    env: { ...process.env, BENCH_URL: url, BENCH_TOKEN: token, BENCH_SECONDS: String(seconds) },
  });
  return Number(stdout);
};
