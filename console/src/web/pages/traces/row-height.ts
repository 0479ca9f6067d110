import { useEffect, useState } from 'preact/hooks';

/** On a narrow page a row has two lines. The style sheet has the same numbers. */
const heights = { wide: 26, narrow: 42 };
const narrow = '(max-width: 900px)';

/** Pixels of a row of the waterfall. */
export const useRowHeight = (): number => {
  const [isNarrow, setNarrow] = useState(() => window.matchMedia(narrow).matches);
  useEffect(() => {
    const media = window.matchMedia(narrow);
    const look = (): void => setNarrow(media.matches);
    media.addEventListener('change', look);
    return () => media.removeEventListener('change', look);
  }, []);
  return isNarrow ? heights.narrow : heights.wide;
};
