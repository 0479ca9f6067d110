import { useEffect, useRef } from 'preact/hooks';

/** Listens to the console's server-sent events (`GET /api/events`); the browser connects again by itself. */
export const useEvent = (type: 'alerts', listen: () => void): void => {
  const latest = useRef(listen);
  latest.current = listen;
  useEffect(() => {
    const source = new EventSource('/api/events');
    source.addEventListener(type, () => latest.current());
    return () => source.close();
  }, [type]);
};
