import { useEffect, useRef } from 'preact/hooks';

/**
 * Listens to the console's server-sent events (`GET /api/events`) while the tab is seen; the browser connects again by
 * itself. A browser has six connections to an origin for all of its tabs, so a hidden one gives its own back.
 */
export const useEvent = (type: 'alerts', listen: () => void): void => {
  const latest = useRef(listen);
  latest.current = listen;
  useEffect(() => {
    let source: EventSource | undefined;
    const connect = (): void => {
      source?.close();
      source = document.hidden ? undefined : new EventSource('/api/events');
      source?.addEventListener(type, () => latest.current());
    };
    connect();
    document.addEventListener('visibilitychange', connect);
    return () => {
      document.removeEventListener('visibilitychange', connect);
      source?.close();
    };
  }, [type]);
};
