import { Empty } from '../../parts/empty.js';

export const MapPage = () => <Empty title="Map" />;
