import { baseConfig, httpUrl } from '@glasshouse/service-kit';
import { z } from 'zod';

export const configSchema = z.object({
  ...baseConfig({ name: 'console', port: 8090 }),
  JAEGER_QUERY_URL: httpUrl.default('http://127.0.0.1:16686'),
  ELASTICSEARCH_URL: httpUrl.default('http://127.0.0.1:9200'),
  PROMETHEUS_URL: httpUrl.default('http://127.0.0.1:9090'),
  /** Where the demo's purchases are made. */
  GATEWAY_URL: httpUrl.default('http://127.0.0.1:8080'),
});

export type Config = z.infer<typeof configSchema>;
