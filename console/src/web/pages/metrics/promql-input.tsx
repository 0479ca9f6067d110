import { useEffect, useRef, useState } from 'preact/hooks';
import { applySuggestion, type Completion, findCompletion, type Suggestion } from './completion.js';
import { useSuggestions } from './use-suggestions.js';

interface PromqlInputProps {
  readonly value: string;
  readonly run: (expression: string) => void;
}

/** A box for an expression that offers metrics, functions, labels and their values; Enter asks. */
export const PromqlInput = ({ value, run }: PromqlInputProps) => {
  const input = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(value);
  const [completion, setCompletion] = useState<Completion | undefined>(undefined);
  const [chosen, setChosen] = useState(-1);
  const suggestions = useSuggestions(completion);
  const isOpen = completion !== undefined && suggestions.length > 0;

  // Another expression in the URL, by a link or the way back, takes the place of what stands here.
  useEffect(() => setText(value), [value]);

  const read = (element: HTMLTextAreaElement): void => {
    setText(element.value);
    setCompletion(findCompletion(element.value, element.selectionStart));
    setChosen(-1);
  };
  const take = (suggestion: Suggestion | undefined): void => {
    const element = input.current;
    if (completion === undefined || suggestion === undefined || element === null) return;
    const applied = applySuggestion(text, completion, suggestion);
    element.value = applied.text;
    element.setSelectionRange(applied.caret, applied.caret);
    element.focus();
    read(element);
    if (applied.text.at(applied.caret - 1) !== '"') setCompletion(undefined);
  };
  const move = (step: number): void =>
    setChosen((before) => (before + step + suggestions.length + 1) % (suggestions.length + 1) || (step > 0 ? 0 : -1));
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey) {
      if (isOpen && chosen >= 0) take(suggestions[chosen]);
      else {
        setCompletion(undefined);
        run(text.trim());
      }
    } else if (event.key === 'Tab' && isOpen && !event.shiftKey) take(suggestions[Math.max(0, chosen)]);
    else if (event.key === 'ArrowDown' && isOpen) move(1);
    else if (event.key === 'ArrowUp' && isOpen) move(-1);
    else if (event.key === 'Escape' && isOpen) setCompletion(undefined);
    else return;
    event.preventDefault();
  };

  return (
    <div class="promql">
      <textarea
        ref={input}
        data-search
        class="mono"
        rows={Math.min(6, text.split('\n').length)}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        aria-label="Expression in PromQL"
        aria-autocomplete="list"
        aria-controls={isOpen ? 'promql-suggestions' : undefined}
        aria-activedescendant={isOpen && chosen >= 0 ? `promql-suggestion-${chosen}` : undefined}
        placeholder="sum by (job) (rate(http_server_request_duration_seconds_count[1m]))"
        value={text}
        onInput={(event) => read(event.currentTarget)}
        onClick={(event) => read(event.currentTarget)}
        onKeyDown={onKey}
        onBlur={() => setCompletion(undefined)}
      />
      {isOpen ? (
        <div id="promql-suggestions" class="suggestions" role="listbox" aria-label="Suggestions">
          {suggestions.map((suggestion, index) => (
            <div
              key={suggestion.text}
              id={`promql-suggestion-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              // Before the box loses the focus, which would close the list.
              onMouseDown={(event) => {
                event.preventDefault();
                take(suggestion);
              }}
            >
              <span class="mono">{suggestion.text}</span>
              <span class="muted">{suggestion.detail}</span>
            </div>
          ))}
        </div>
      ) : null}
    </div>
  );
};
