import { useEffect } from 'preact/hooks';
import { navigate } from './location.js';

/** Where `g` and a second key go. */
export const pageKeys: readonly { readonly key: string; readonly path: string; readonly name: string }[] = [
  { key: 'n', path: '/', name: 'Now' },
  { key: 'm', path: '/map', name: 'Map' },
  { key: 't', path: '/traces', name: 'Traces' },
  { key: 'l', path: '/logs', name: 'Logs' },
  { key: 'p', path: '/metrics', name: 'Metrics' },
  { key: 'w', path: '/why', name: 'Why' },
  { key: 'd', path: '/docs', name: 'Docs' },
];

const sequenceMs = 1_500;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The page's own search if it has one, else that of the shell. */
const focusSearch = (): void => {
  const found =
    document.querySelector<HTMLElement>('main [data-search]') ?? document.querySelector<HTMLElement>('[data-search]');
  found?.focus();
};

/** The keys that work everywhere: `g` and a letter, `/`, `?`. None of them works while somebody types. */
export const useKeyboard = (showHelp: () => void): void => {
  useEffect(() => {
    let goUntil = 0;
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const page = event.timeStamp < goUntil ? pageKeys.find(({ key }) => key === event.key) : undefined;
      goUntil = event.key === 'g' ? event.timeStamp + sequenceMs : 0;
      if (page !== undefined) navigate(page.path);
      else if (event.key === '/') focusSearch();
      else if (event.key === '?') showHelp();
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
};
