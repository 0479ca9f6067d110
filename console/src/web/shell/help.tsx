import { useEffect, useRef } from 'preact/hooks';
import { pageKeys } from './keyboard.js';

/** The keys that work everywhere. */
export const Help = ({ close }: { readonly close: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const keys: readonly (readonly [keys: string, meaning: string])[] = [
    ...pageKeys.map(({ key, name }) => [`g ${key}`, name] as const),
    ['/', 'Search'],
    ['?', 'This list'],
    ['Esc', 'Close'],
  ];
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={close}>
      <h2 id="help-title">Keyboard</h2>
      <dl>
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
};
