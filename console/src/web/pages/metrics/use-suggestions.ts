import { backends } from '../../shell/backends.js';
import { useQuery } from '../../shell/use-query.js';
import { type Completion, filterSuggestions, type Suggestion } from './completion.js';
import { functions } from './functions.js';

/** What to offer for what is being typed, from the names that Prometheus knows. Without it, functions are offered still. */
export const useSuggestions = (completion: Completion | undefined): readonly Suggestion[] => {
  const { data: names = functions } = useQuery(loadNames, []);
  const wants = completion?.wants;
  const { data: ofSeries = [] } = useQuery(
    (signal) => (wants === undefined || wants.kind === 'name' ? Promise.resolve([]) : loadOfSeries(wants, signal)),
    [JSON.stringify(wants)],
    { isEnabled: wants !== undefined && wants.kind !== 'name' },
  );
  if (completion === undefined) return [];
  return filterSuggestions(completion.typed, completion.wants.kind === 'name' ? names : ofSeries);
};

const loadNames = async (signal: AbortSignal): Promise<readonly Suggestion[]> => {
  const [names, metadata] = await Promise.all([
    backends.prometheus.metricNames({ signal }),
    backends.prometheus.metadata({ signal }).catch(() => ({})),
  ]);
  const described: Readonly<Record<string, { readonly help: string } | undefined>> = metadata;
  const metrics = names.map((text) => {
    const family = text.replace(/_(bucket|count|sum|total)$/, '');
    return { text, detail: described[text]?.help ?? described[family]?.help ?? 'metric' };
  });
  return [...functions, ...metrics];
};

type Wants = Exclude<Completion['wants'], { readonly kind: 'name' }>;

const loadOfSeries = async (wants: Wants, signal: AbortSignal): Promise<Suggestion[]> => {
  const options = { signal, ...(wants.metric === '' ? {} : { match: wants.metric }) };
  const texts =
    wants.kind === 'label'
      ? (await backends.prometheus.labelNames(options)).filter((name) => name !== '__name__')
      : await backends.prometheus.labelValues(wants.label, options);
  return texts.map((text) => ({ text, detail: wants.kind === 'label' ? 'label' : `${wants.label} of a series` }));
};
