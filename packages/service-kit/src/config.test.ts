import { z } from 'zod';
import { baseConfig, ConfigError, durationMs, httpUrl, mongoUrl, parseConfig } from './config.js';

const schema = z.object({
  ...baseConfig({ name: 'order', port: 8084 }),
  MONGO_URL: mongoUrl,
  PRODUCT_URL: httpUrl,
  PAUSE_MS: durationMs.default(5),
});
const required = { MONGO_URL: 'mongodb://store:27017/order', PRODUCT_URL: 'http://product:8183/' };

describe('a configuration', () => {
  test('has defaults for everything but the addresses of others', () => {
    expect(parseConfig(schema, required)).toMatchObject({
      PORT: 8084,
      INTERNAL_PORT: 8184,
      ADMIN_PORT: 8284,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      FLUENTD_URL: '',
      TRACER: 'jaeger',
      TRACE_SAMPLE_RATIO: 1,
      CACHE_URL: 'memory:',
      DEMO_MODE: false,
      PRODUCT_URL: 'http://product:8183',
      PAUSE_MS: 5,
    });
  });

  test('takes an empty variable for an absent one, and ignores others', () => {
    const config = parseConfig(schema, { ...required, PORT: '', ZIPKIN_ENDPOINT: '', HOME: '/root' });
    expect(config.PORT).toBe(8084);
    expect(config).not.toHaveProperty('HOME');
  });

  test('reads what is written', () => {
    const env = { PORT: '0', DEMO_MODE: 'true', TRACE_SAMPLE_RATIO: '0.1', CACHE_URL: 'hazelcast://a:5701,b:5701' };
    expect(parseConfig(schema, { ...required, ...env })).toMatchObject({
      PORT: 0,
      DEMO_MODE: true,
      TRACE_SAMPLE_RATIO: 0.1,
    });
  });

  test('reports all problems together, with names and expectations but no value', () => {
    const env = {
      PORT: '99999',
      LOG_LEVEL: 'secret-loud',
      DEMO_MODE: 'secret-maybe',
      FLUENTD_URL: 'http://secret',
      CACHE_URL: 'redis://secret',
      MONGO_URL: 'http://user:secret@store',
      JWKS_URL: 'ftp://secret',
      PAUSE_MS: '-1',
    };
    let error: unknown;
    try {
      parseConfig(schema, env);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    const { problems, message } = error as ConfigError;
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'CACHE_URL',
      'DEMO_MODE',
      'FLUENTD_URL',
      'JWKS_URL',
      'LOG_LEVEL',
      'MONGO_URL',
      'PAUSE_MS',
      'PORT',
      'PRODUCT_URL',
    ]);
    expect(problems).toContain('PORT is not valid; expected a port, 0 to 65535 (0: any free one)');
    expect(problems).toContain('PRODUCT_URL is missing; expected an http:// or https:// address');
    expect(problems).toContain('MONGO_URL is not valid; expected a mongodb:// address with the name of the database');
    expect(problems).toContain('JWKS_URL is not valid; expected an http:// or https:// address');
    expect(message).not.toContain('secret');
  });
});
