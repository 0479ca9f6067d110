import { Empty } from '../../parts/empty.js';

export const MetricsPage = () => <Empty title="Metrics" />;
