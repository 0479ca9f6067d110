import { type ComponentChildren, createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Alert } from '../../queries/prometheus.js';
import { backends } from './backends.js';
import { useEvent } from './events.js';
import { type Query, useQuery } from './use-query.js';

const refreshMs = 15_000;

const AlertsContext = createContext<Query<Alert[]> | undefined>(undefined);

/** Knows the active alerts for all pages; a webhook makes it ask at once. */
export const AlertsProvider = ({ children }: { readonly children: ComponentChildren }) => {
  const alerts = useQuery((signal) => backends.prometheus.alerts({ signal }), [], { refreshMs });
  useEvent('alerts', alerts.reload);
  return <AlertsContext.Provider value={alerts}>{children}</AlertsContext.Provider>;
};

/** The pending and firing alerts, as Prometheus tells them. */
export const useAlerts = (): Query<Alert[]> => {
  const alerts = useContext(AlertsContext);
  if (alerts === undefined) throw new Error('useAlerts needs an AlertsProvider around it.');
  return alerts;
};
