import { Empty } from '../../parts/empty.js';

export const WhyPage = () => <Empty title="Why" />;
