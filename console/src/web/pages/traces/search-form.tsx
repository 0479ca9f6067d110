import { TimeRangePicker } from '../../parts/time-range-picker.js';
import { setQuery } from '../../shell/location.js';
import type { TimeRange } from '../../shell/time-range.js';
import { limits, type SearchState } from './search-state.js';

interface SearchFormProps {
  readonly state: SearchState;
  readonly services: readonly string[];
  readonly operations: readonly string[];
  readonly range: TimeRange;
  readonly problem: string | undefined;
  readonly reload: () => void;
}

/** Another question begins with its newest traces. */
const change = (changes: Readonly<Record<string, string>>): void => setQuery({ ...changes, before: undefined });

export const SearchForm = ({ state, services, operations, range, problem, reload }: SearchFormProps) => {
  const submit = (event: Event & { readonly currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? '').trim();
    change({ tags: text('tags'), min: text('min'), max: text('max') });
    reload();
  };
  return (
    <search aria-label="Traces">
      <form class="trace-search card" onSubmit={submit}>
        <Choice
          label="Service"
          value={state.service}
          options={withPresent(services, state.service)}
          onChoose={(service) => change({ service, operation: '' })}
        />
        <Choice
          label="Operation"
          value={state.operation}
          options={['', ...withPresent(operations, state.operation)]}
          nameOf={(name) => name || 'any'}
          onChoose={(operation) => change({ operation })}
        />
        <Choice
          label="Status"
          value={state.status}
          options={['any', 'error', 'ok']}
          nameOf={(name) => ({ any: 'any', error: 'with an error', ok: 'without errors' })[name] ?? name}
          onChoose={(status) => change({ status: status === 'any' ? '' : status })}
        />
        <Text label="Tags" name="tags" value={state.tags} placeholder="http.status_code=503" isWide />
        <Text label="At least" name="min" value={state.min} placeholder="15ms" />
        <Text label="At most" name="max" value={state.max} placeholder="2s" />
        <Choice
          label="Show"
          value={String(state.limit)}
          options={limits.map(String)}
          onChoose={(limit) => change({ limit })}
        />
        <div class="trace-search-end">
          <TimeRangePicker range={range} />
          <button type="submit" class="primary">
            Search
          </button>
        </div>
        {problem === undefined ? null : (
          <p class="form-problem" role="alert">
            {problem}
          </p>
        )}
      </form>
    </search>
  );
};

const withPresent = (options: readonly string[], present: string): string[] =>
  present === '' || options.includes(present) ? [...options] : [present, ...options];

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly nameOf?: (option: string) => string;
  readonly onChoose: (option: string) => void;
}

const Choice = ({ label, value, options, nameOf = (name) => name, onChoose }: ChoiceProps) => (
  <label class="field">
    <span>{label}</span>
    <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
      {options.map((option) => (
        <option key={option} value={option}>
          {nameOf(option)}
        </option>
      ))}
    </select>
  </label>
);

interface TextProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly placeholder: string;
  readonly isWide?: boolean;
}

const Text = ({ label, name, value, placeholder, isWide = false }: TextProps) => (
  <label class={isWide ? 'field field-wide' : 'field'}>
    <span>{label}</span>
    {/* A new value from the URL makes a new input; what is typed stays until it is sent. */}
    <input
      key={value}
      name={name}
      defaultValue={value}
      placeholder={placeholder}
      spellcheck={false}
      autocomplete="off"
    />
  </label>
);
