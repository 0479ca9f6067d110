import { useState } from 'preact/hooks';
import { explain } from '../../../analysis/why/explain.js';
import type { Explanation } from '../../../analysis/why/explanation.js';
import { gatherEvidence } from '../../../queries/evidence.js';
import { Empty } from '../../parts/empty.js';
import { ErrorNotice, Notice } from '../../parts/notice.js';
import { backends } from '../../shell/backends.js';
import { useLocation } from '../../shell/location.js';
import { useQuery } from '../../shell/use-query.js';
import { Around } from './around.js';
import { Ask } from './ask.js';
import { Causes } from './causes.js';
import { Conclusion } from './conclusion.js';
import { Next } from './next.js';
import { Story } from './story.js';
import { TimeSpent } from './time-spent.js';

const refreshMs = 2_000;
/** The evidence of a request that has just ended is still on its way, and a recovery may follow. */
const youngMs = 15_000;
const waitMs = 20_000;

/** `/why/{id}`: what happened to one request or order, and who caused it. */
export const WhyPage = () => {
  const { path } = useLocation();
  const id = readId(path);
  return id === '' ? <Ask /> : <Answer key={id} id={id} />;
};

const readId = (path: string): string => {
  const [, , ...rest] = path.split('/');
  try {
    return decodeURIComponent(rest.join('/'));
  } catch {
    return rest.join('/');
  }
};

const Answer = ({ id }: { readonly id: string }) => {
  const [openedAtMs] = useState(Date.now);
  const [isYoung, setYoung] = useState(true);
  const { data, error, isLoading } = useQuery(
    async (signal) => {
      const explanation = explain(await gatherEvidence(backends, id, { signal }));
      setYoung(mayChange(explanation, openedAtMs));
      return explanation;
    },
    [id],
    { refreshMs: isYoung ? refreshMs : undefined },
  );
  if (data === undefined) {
    return (
      <>
        <h1>Why?</h1>
        <ErrorNotice error={error} />
        {isLoading ? <Empty isLoading title="Looking at traces, logs and metrics" /> : null}
      </>
    );
  }
  if (data.subject === undefined) return <Ask nothingFor={data} isWaiting={isYoung} />;
  return (
    <>
      <Conclusion explanation={data} />
      {data.gaps.length === 0 ? null : (
        <Notice kind="info" title="What is missing here">
          {data.gaps.map((gap) => (
            <p key={gap}>{gap}</p>
          ))}
        </Notice>
      )}
      <div class="why-columns">
        <div>
          <Causes explanation={data} />
          <Story explanation={data} />
        </div>
        <div>
          <Next explanation={data} />
          <TimeSpent explanation={data} />
          <Around explanation={data} />
        </div>
      </div>
    </>
  );
};

const mayChange = ({ subject, looked, asked, verdict }: Explanation, openedAtMs: number): boolean => {
  const now = Date.now();
  // What cannot be an id will not become one.
  if (subject === undefined) return looked.length > 0 && now < openedAtMs + waitMs;
  if (verdict === 'unfinished' && now < openedAtMs + 60 * waitMs) return true;
  return asked !== undefined && now < asked.atMs + asked.durationUs / 1_000 + youngMs;
};
