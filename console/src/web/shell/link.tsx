import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { navigate } from './location.js';

type LinkProps = JSX.IntrinsicElements['a'] & { readonly href: string; readonly children: ComponentChildren };

/** A link within the console. It is a real one: it can be opened in a new tab, copied, and reached by keyboard. */
export const Link = ({ children, ...props }: LinkProps) => <a {...props}>{children}</a>;

/**
 * Follows the links within the console without loading the page again, those in documents and charts included, unless
 * the person asked for something else (a new tab, a download).
 */
export const useLinks = (): void => {
  useEffect(() => {
    const follow = (event: MouseEvent): void => {
      if (event.defaultPrevented || event.button !== 0) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      const href = link?.getAttribute('href') ?? '';
      if (!href.startsWith('/') || href.startsWith('//') || link?.hasAttribute('download')) return;
      event.preventDefault();
      navigate(href);
    };
    document.addEventListener('click', follow);
    return () => document.removeEventListener('click', follow);
  }, []);
};
