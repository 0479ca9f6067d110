import { defineError } from '@glasshouse/service-kit';

export const errors = {
  jaegerUnavailable: defineError({
    kind: 'bad_gateway',
    code: 'jaeger_unavailable',
    message: 'The Jaeger query API does not answer.',
  }),
  elasticsearchUnavailable: defineError({
    kind: 'bad_gateway',
    code: 'elasticsearch_unavailable',
    message: 'Elasticsearch does not answer.',
  }),
  prometheusUnavailable: defineError({
    kind: 'bad_gateway',
    code: 'prometheus_unavailable',
    message: 'The Prometheus API does not answer.',
  }),
  gatewayUnavailable: defineError({
    kind: 'bad_gateway',
    code: 'gateway_unavailable',
    message: 'The shop took no order.',
  }),
  notInDemoMode: defineError({
    kind: 'forbidden',
    code: 'not_in_demo_mode',
    message: 'Only a shop in demo mode has orders placed by its console.',
  }),
  tooManyStreams: defineError({
    kind: 'unavailable',
    code: 'too_many_streams',
    message: 'Too many pages listen for events already.',
  }),
};
