import { Empty } from '../../parts/empty.js';

export const TracesPage = () => <Empty title="Traces" />;
