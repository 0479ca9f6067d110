import { randomBytes } from 'node:crypto';
import { createKit, type KitOverrides, runService, type Service } from '@glasshouse/service-kit';
import { createAccessTokens } from './access-tokens.js';
import { createApp } from './app.js';
import { type Config, configSchema, toDemoSecrets } from './config.js';
import { addressWindowMs } from './domain.js';
import { createPasswords } from './passwords.js';
import { loadSealing } from './sealing.js';
import { createSigningKeys, generateRsaPair } from './signing-keys.js';
import { createStore } from './store/index.js';
import { createProbe } from './telemetry.js';
import { createUseCases } from './use-cases/index.js';
import { ringReloadMs } from './use-cases/keys.js';

export { createRoutes } from './routes/index.js';
export { configSchema };

/** Credentials, tokens and keys. */
export const createService = (config: Config, overrides?: KitOverrides): Service => {
  const kit = createKit({ name: 'oauth', version: '0.1.0', config, overrides });
  const { clock, newId } = kit;
  const { keyRing, ...store } = createStore(kit.database({ url: config.MONGO_URL }));
  const probe = createProbe(kit.telemetry);
  const passwords = createPasswords({ concurrent: 4, waiting: 16 });
  const counters = kit.counters({ name: 'login-failures' });
  const openSealing = () => loadSealing(config.SIGNING_KEYS_FILE);
  const signingKeys = createSigningKeys({
    store: keyRing,
    openSealing,
    now: () => clock.now(),
    generatePair: generateRsaPair,
  });
  const useCases = createUseCases({
    ...store,
    addressFailures: {
      get: (address) => counters.get(address),
      count: async (address) => void (await counters.increment(address, addressWindowMs)),
    },
    failuresPerAddress: config.LOGIN_FAILURES_PER_ADDRESS,
    passwords,
    accessTokens: createAccessTokens({ signingKeys, issuer: config.OAUTH_ISSUER, clock, newId }),
    signingKeys,
    probe,
    clock,
    randomBytes,
  });
  probe.watchPasswordHashing(passwords.inFlight);
  probe.watchSigningKey(() => signingKeys.ageSeconds());
  kit.every({ name: 'signing-keys-reload', intervalMs: ringReloadMs, run: () => signingKeys.reload() });
  return kit.service({
    ...createApp(useCases, kit, config),
    async onStart() {
      if ((await signingKeys.load()) === 'created') probe.keysCreated(signingKeys.ring().current.kid);
      const secrets = toDemoSecrets(config);
      if (secrets !== undefined) await useCases.seedDemo(secrets);
    },
  });
};

if (require.main === module) runService('oauth', configSchema, createService);
