import type { Explanation } from '../../../analysis/why/explanation.js';
import { Link } from '../../shell/link.js';

/** What to do and where to look. */
export const Next = ({ explanation: { next } }: { readonly explanation: Explanation }) => {
  if (next.length === 0) return null;
  return (
    <section class="card" aria-labelledby="next">
      <header>
        <h2 id="next">What next</h2>
      </header>
      <ul class="next card-body">
        {next.map(({ text, href }) => (
          <li key={text}>
            {href?.startsWith('/') ? <Link href={href}>{text}</Link> : null}
            {href === undefined ? text : null}
            {href !== undefined && !href.startsWith('/') ? `${text} ${href}` : null}
          </li>
        ))}
      </ul>
    </section>
  );
};
