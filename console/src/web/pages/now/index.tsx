import { ErrorNotices } from '../../parts/notice.js';
import { useAlerts } from '../../shell/alerts.js';
import { useSettings } from '../../shell/settings.js';
import { Budgets, useBudgets } from './budgets.js';
import { FiringAlerts } from './firing-alerts.js';
import { Headline } from './headline.js';
import { PlaceOrder } from './place-order.js';
import { RecentErrors, useRecentErrors } from './recent-errors.js';
import { ServicesTable, useServices } from './services.js';

/** What is healthy, what is slow, what failed: the first look. */
export const NowPage = () => {
  const { isDemo } = useSettings();
  const services = useServices();
  const budgets = useBudgets();
  const errors = useRecentErrors();
  const alerts = useAlerts();
  return (
    <>
      <div class="now-head">
        <h1>Now</h1>
        <Headline rows={services.data?.rows} alerts={alerts.data} />
        {isDemo ? <PlaceOrder /> : null}
      </div>
      <ErrorNotices errors={[services.error, budgets.error, alerts.error, errors.error]} />
      <ServicesTable services={services} />
      <div class="now-columns">
        <div>
          <FiringAlerts />
          <RecentErrors errors={errors} />
        </div>
        <Budgets budgets={budgets} />
      </div>
    </>
  );
};
