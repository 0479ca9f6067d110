import { createElasticsearchClient } from '../../queries/elasticsearch.js';
import { createJaegerClient } from '../../queries/jaeger.js';
import { createPrometheusClient } from '../../queries/prometheus.js';

/** The backends by way of the page's own origin. */
export const backends = {
  jaeger: createJaegerClient('/api/jaeger'),
  elasticsearch: createElasticsearchClient('/api/elasticsearch'),
  prometheus: createPrometheusClient('/api/prometheus'),
} as const;
