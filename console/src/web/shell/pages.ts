import type { ComponentType } from 'preact';
import { NowPage } from '../pages/now/index.js';
import { lazy } from './lazy.js';

/** The first part of the path decides; every page but the first one is loaded when it is opened. */
const pageOfSegment: Readonly<Record<string, ComponentType>> = {
  '': NowPage,
  map: lazy(async () => (await import('../pages/map/index.js')).MapPage),
  traces: lazy(async () => (await import('../pages/traces/index.js')).TracesPage),
  logs: lazy(async () => (await import('../pages/logs/index.js')).LogsPage),
  metrics: lazy(async () => (await import('../pages/metrics/index.js')).MetricsPage),
  why: lazy(async () => (await import('../pages/why/index.js')).WhyPage),
  docs: lazy(async () => (await import('../pages/docs/index.js')).DocsPage),
};

export const findPage = (path: string): ComponentType | undefined => pageOfSegment[path.split('/')[1] ?? ''];
