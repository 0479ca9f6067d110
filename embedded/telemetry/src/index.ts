export {
  createTelemetryBackend,
  defaultLimits,
  type Limits,
  type Ports,
  type TelemetryBackend,
  type TelemetryBackendOptions,
} from './backend.js';
export type { RulesOptions } from './rules/index.js';
export type { ScrapeTarget } from './scrape/scraper.js';
