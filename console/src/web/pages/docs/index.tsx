import { Empty } from '../../parts/empty.js';

export const DocsPage = () => <Empty title="Docs" />;
