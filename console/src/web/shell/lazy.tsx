import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Empty } from '../parts/empty.js';
import { ErrorNotice } from '../parts/notice.js';

/** A page whose script is loaded when somebody opens it. */
export const lazy = (load: () => Promise<ComponentType>): ComponentType => {
  const Lazy = () => {
    const [Loaded, setLoaded] = useState<ComponentType | undefined>(undefined);
    const [error, setError] = useState<unknown>(undefined);
    useEffect(() => {
      load().then((component) => setLoaded(() => component), setError);
    }, []);
    if (error !== undefined) return <ErrorNotice error={error} />;
    return Loaded === undefined ? <Empty isLoading title="Loading" /> : <Loaded />;
  };
  return Lazy;
};
