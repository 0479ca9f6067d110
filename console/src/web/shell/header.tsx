import { useState } from 'preact/hooks';
import { useAlerts } from './alerts.js';
import { pageKeys } from './keyboard.js';
import { Link } from './link.js';
import { navigate } from './location.js';
import { chooseTheme, readTheme, themes } from './theme.js';

interface HeaderProps {
  /** The first part of the path: which page is open. */
  readonly segment: string;
  readonly showHelp: () => void;
}

export const Header = ({ segment, showHelp }: HeaderProps) => (
  <header class="header">
    <Link href="/" class="brand">
      Glasshouse
    </Link>
    <nav class="pages" aria-label="Pages">
      {pageKeys.map(({ path, name, key }) => (
        <Link key={path} href={path} title={`g ${key}`} aria-current={path === `/${segment}` ? 'page' : undefined}>
          {name}
        </Link>
      ))}
    </nav>
    {segment === '' ? null : <AlertsBadge />}
    <Search />
    <ThemeButton />
    <button
      type="button"
      class="icon-button"
      aria-label="Keyboard shortcuts"
      title="Keyboard shortcuts (?)"
      onClick={showHelp}
    >
      ?
    </button>
  </header>
);

/** Whatever page somebody looks at, an alert is seen at once. */
const AlertsBadge = () => {
  const firing = (useAlerts().data ?? []).filter(({ state }) => state === 'firing').length;
  if (firing === 0) return null;
  return (
    <Link href="/" class="badge badge-error">
      {firing === 1 ? '1 alert' : `${firing} alerts`}
    </Link>
  );
};

/** Any id that somebody has in hand leads to its Why page. */
const Search = () => {
  const [text, setText] = useState('');
  const go = (event: Event): void => {
    event.preventDefault();
    const id = text.trim();
    if (id === '') return;
    setText('');
    navigate(`/why/${encodeURIComponent(id)}`);
  };
  return (
    <search class="why-search">
      <form onSubmit={go}>
        <input
          type="search"
          data-search
          aria-label="Trace id, order number or request id"
          placeholder="Trace id, order number or request id"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  );
};

const ThemeButton = () => {
  const [theme, setTheme] = useState(readTheme);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  const choose = (): void => {
    setTheme(next);
    chooseTheme(next);
  };
  const name = `Colours: ${theme}; change to ${next}`;
  return (
    <button type="button" class="icon-button" aria-label={name} title={name} onClick={choose}>
      {theme === 'system' ? '◐' : theme === 'light' ? '○' : '●'}
    </button>
  );
};
