import { useEffect, useState } from 'preact/hooks';

/** Where the page is. The URL holds the state of every page, so that it can be sent to somebody. */
export interface PageLocation {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Without its `#`; empty if there is none. */
  readonly hash: string;
}

const moved = 'glasshouse:moved';

const readLocation = (): PageLocation => {
  const { pathname, search, hash } = window.location;
  return { path: pathname, query: new URLSearchParams(search), hash: decodeURIComponent(hash.slice(1)) };
};

export interface NavigateOptions {
  /** Takes the place of the present entry in the history: for changes that nobody goes back to one by one. */
  readonly replace?: boolean;
}

/** Goes to a path of the console, with query and hash, without loading the page again. */
export const navigate = (target: string, { replace = false }: NavigateOptions = {}): void => {
  const { pathname, search, hash } = window.location;
  if (target === pathname + search + hash) return;
  if (replace) history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  window.dispatchEvent(new Event(moved));
  if (!replace && window.location.pathname !== pathname && window.location.hash === '') window.scrollTo(0, 0);
};

/** Changes some parameters of the present URL; an empty or undefined value removes its parameter. */
export const setQuery = (changes: Readonly<Record<string, string | undefined>>, options?: NavigateOptions): void =>
  navigate(withQuery(changes), options);

/** The present URL with some parameters changed. */
export const withQuery = (changes: Readonly<Record<string, string | undefined>>): string => {
  const { path, query } = readLocation();
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  return toUrl(path, query);
};

/** A URL of the console; empty parameters are left out. */
export const toUrl = (
  path: string,
  query: URLSearchParams | Readonly<Record<string, string | undefined>> = {},
): string => {
  const entries = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  const kept = entries.filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  // Colons and slashes may stand in a query as they are (RFC 3986, section 3.4), and so a person can read them.
  const search = new URLSearchParams(kept).toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
  return search === '' ? path : `${path}?${search}`;
};

export const useLocation = (): PageLocation => {
  const [location, setLocation] = useState(readLocation);
  useEffect(() => {
    const read = (): void => setLocation(readLocation());
    window.addEventListener('popstate', read);
    window.addEventListener(moved, read);
    read();
    return () => {
      window.removeEventListener('popstate', read);
      window.removeEventListener(moved, read);
    };
  }, []);
  return location;
};
