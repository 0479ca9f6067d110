import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Fewer rows than this are simply all there. */
const mostAtOnce = 300;
const extraRows = 20;

/**
 * Which of many rows of one height are near enough to be seen, so that a page of thousands stays quick. The page itself
 * scrolls.
 */
export const useWindow = (
  element: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): { readonly first: number; readonly last: number } => {
  const [range, setRange] = useState({ first: 0, last: mostAtOnce });
  const isPartial = count > mostAtOnce;
  useEffect(() => {
    if (!isPartial) return;
    const look = (): void => {
      const top = element.current?.getBoundingClientRect().top ?? 0;
      // Steps of ten rows, so that not every pixel draws again.
      const first = Math.max(0, Math.floor((-top / rowHeight - extraRows) / 10) * 10);
      const last = first + Math.ceil((window.innerHeight / rowHeight + 2 * extraRows) / 10) * 10 + 10;
      setRange((before) => (before.first === first && before.last === last ? before : { first, last }));
    };
    look();
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [isPartial, rowHeight, element]);
  return isPartial ? { first: range.first, last: Math.min(count, range.last) } : { first: 0, last: count };
};
