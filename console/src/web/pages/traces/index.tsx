import { useLocation } from '../../shell/location.js';
import { ComparePage } from './compare-page.js';
import { SearchPage } from './search-page.js';
import { TracePage } from './trace-page.js';

/** `/traces`, `/traces/{traceId}`, `/traces/compare`. */
export const TracesPage = () => {
  const { path } = useLocation();
  const [, , id = ''] = path.split('/');
  if (id === '') return <SearchPage />;
  if (id === 'compare') return <ComparePage />;
  return <TracePage key={id} traceId={decodeURIComponent(id)} />;
};
