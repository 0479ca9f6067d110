export { expectNoneOf, toSpellings } from './canaries.js';
export { startDocumentStore, type TestDocumentStore } from './document-store.js';
export { createFakeClock, type FakeClock } from './fake-clock.js';
export {
  type FakeAnswer,
  type FakeHandler,
  type FakeService,
  type RecordedRequest,
  startFakeService,
} from './fake-service.js';
export { type Issuer, startIssuer, type TokenOptions } from './issuer.js';
export { listen } from './listen.js';
export { type MetricSample, parseMetrics } from './metrics.js';
export { startService, type TestService, type TestServiceOptions } from './service.js';
export { waitFor } from './wait-for.js';
