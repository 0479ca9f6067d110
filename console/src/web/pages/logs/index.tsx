import { Empty } from '../../parts/empty.js';

export const LogsPage = () => <Empty title="Logs" />;
