import { Empty } from '../../parts/empty.js';

export const NowPage = () => <Empty title="Now" />;
