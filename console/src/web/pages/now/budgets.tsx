import { Empty } from '../../parts/empty.js';
import { formatNumber, formatPercent } from '../../parts/format.js';
import { backends } from '../../shell/backends.js';
import { Link } from '../../shell/link.js';
import { toUrl } from '../../shell/location.js';
import { type Query, useQuery } from '../../shell/use-query.js';
import { type Budget, toBudgets } from './budget-rows.js';

const refreshMs = 15_000;

const loadBudgets = async (signal: AbortSignal): Promise<Budget[]> => {
  const query = (expression: string) => backends.prometheus.query(expression, undefined, { signal });
  const [remaining, objectives, hourlyErrors] = await Promise.all([
    query('slo:error_budget_remaining:ratio'),
    query('slo:objective:ratio'),
    query('slo:errors_per_request:ratio_rate1h'),
  ]);
  return toBudgets({ remaining, objectives, hourlyErrors });
};

export const useBudgets = (): Query<Budget[]> => useQuery(loadBudgets, [], { refreshMs });

/** What is left of the errors that each objective allows, and how fast it is used up. */
export const Budgets = ({ budgets }: { readonly budgets: Query<Budget[]> }) => {
  const { data, isLoading } = budgets;
  return (
    <section class="card" aria-labelledby="budgets-title">
      <header>
        <h2 id="budgets-title">Error budgets</h2>
        <Link href="/docs/alerts">what is promised</Link>
      </header>
      {data === undefined || data.length === 0 ? (
        <NoBudgets isLoading={isLoading && data === undefined} isKnown={data !== undefined} />
      ) : (
        <ul class="budgets card-body">
          {data.map((budget) => (
            <BudgetLine key={budget.slo} budget={budget} />
          ))}
        </ul>
      )}
    </section>
  );
};

const NoBudgets = ({ isLoading, isKnown }: { readonly isLoading: boolean; readonly isKnown: boolean }) => {
  if (isLoading) return <Empty isLoading title="Asking Prometheus" />;
  if (!isKnown) return <Empty title="Not known while Prometheus does not answer." />;
  return (
    <Empty title="No objective has a budget yet.">
      Prometheus records them by the rules in infra/prometheus, once there was traffic.
    </Empty>
  );
};

const BudgetLine = ({ budget }: { readonly budget: Budget }) => {
  const { slo, remaining, objective, burnRate } = budget;
  const level = remaining <= 0 ? 'error' : remaining < 0.25 ? 'warn' : 'ok';
  const left = Math.max(0, Math.min(1, remaining));
  return (
    <li>
      <span class="budget-name">
        <Link href={toUrl('/metrics', { q: `slo:errors_per_request:ratio_rate5m{slo="${slo}"}` })}>
          {slo.replaceAll('-', ' ')}
        </Link>
        {objective === undefined ? null : <span class="muted"> {formatPercent(objective)}</span>}
      </span>
      <span class={`meter meter-${level}`} aria-hidden="true">
        <span style={{ width: `${left * 100}%` }} />
      </span>
      <span class={`number value-${level}`}>{remaining <= 0 ? 'used up' : `${formatPercent(remaining)} left`}</span>
      <span class="number muted" title="How fast it is used up: at 1 it lasts exactly its period">
        {burnRate === undefined ? '' : `× ${formatNumber(burnRate)}`}
      </span>
    </li>
  );
};
