import { defineError } from '@glasshouse/service-kit';

export const errors = {
  ambiguousHeader: defineError({
    kind: 'invalid',
    code: 'ambiguous_header',
    message: 'A header could be read in two ways, so the request is refused.',
  }),
  badGateway: defineError({
    kind: 'bad_gateway',
    code: 'bad_gateway',
    message: 'The service behind this path gave no usable answer.',
  }),
  upstreamTimeout: defineError({
    kind: 'timeout',
    code: 'upstream_timeout',
    message: 'The service behind this path did not answer in time.',
  }),
};
