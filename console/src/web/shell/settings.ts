import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Backend } from '../../queries/backend-error.js';

/** What `GET /api/settings` answers. */
export interface Settings {
  readonly isDemo: boolean;
  readonly addresses: Readonly<Record<Backend | 'gateway', string>>;
}

const unknown: Settings = {
  isDemo: false,
  addresses: { jaeger: '', elasticsearch: '', prometheus: '', gateway: '' },
};

export const SettingsContext = createContext<Settings>(unknown);

export const useSettings = (): Settings => useContext(SettingsContext);

export const fetchSettings = async (signal: AbortSignal): Promise<Settings> => {
  const response = await fetch('/api/settings', { signal });
  if (!response.ok) throw new Error(`The console answered ${response.status}.`);
  return (await response.json()) as Settings;
};
