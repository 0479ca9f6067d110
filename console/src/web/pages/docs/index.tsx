import { useEffect, useRef } from 'preact/hooks';
import { Empty } from '../../parts/empty.js';
import { ErrorNotice } from '../../parts/notice.js';
import { Link } from '../../shell/link.js';
import { useLocation } from '../../shell/location.js';
import { useQuery } from '../../shell/use-query.js';

/** What `bundle/docs.ts` writes. */
interface Doc {
  readonly title: string;
  readonly html: string;
}

interface DocName {
  readonly name: string;
  readonly title: string;
}

const fetchDoc = async <T,>(name: string, signal: AbortSignal): Promise<T | undefined> => {
  const response = await fetch(`/api/docs/${name}`, { signal });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`The console answered ${response.status}.`);
  return (await response.json()) as T;
};

/** The repository's own documents, so that a code or a runbook is one click away and not one checkout. */
export const DocsPage = () => {
  const { path, hash } = useLocation();
  const name = path.replace(/^\/docs\/?/, '') || 'index';
  return (
    <div class="docs">
      <Contents current={name} />
      {name === 'index' ? <Empty title="Choose a document." /> : <Document key={name} name={name} hash={hash} />}
    </div>
  );
};

const Contents = ({ current }: { readonly current: string }) => {
  const { data = [], error } = useQuery((signal) => fetchDoc<readonly DocName[]>('index', signal), []);
  const groups = toGroups(data);
  return (
    <nav class="docs-contents card" aria-label="Documents">
      <ErrorNotice error={error} />
      {groups.map(([group, docs]) => (
        <details key={group} open={group === '' || current.startsWith(`${group}/`)}>
          <summary>{group === '' ? 'Reference' : (groupNames[group] ?? group)}</summary>
          <ul>
            {docs.map(({ name, title }) => (
              <li key={name}>
                <Link href={`/docs/${name}`} aria-current={name === current ? 'page' : undefined}>
                  {title}
                </Link>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </nav>
  );
};

const groupNames: Readonly<Record<string, string>> = { adr: 'Decisions', runbooks: 'Runbooks' };

/** By folder; those of the top folder first. */
const toGroups = (docs: readonly DocName[]): [group: string, docs: readonly DocName[]][] => {
  const groupOf = ({ name }: DocName): string => (name.includes('/') ? (name.split('/')[0] ?? '') : '');
  const groups = [...new Set(docs.map(groupOf))].sort();
  return groups.map((group) => [group, docs.filter((doc) => groupOf(doc) === group)]);
};

const Document = ({ name, hash }: { readonly name: string; readonly hash: string }) => {
  const { data, error, isLoading } = useQuery((signal) => fetchDoc<Doc>(name, signal), [name]);
  const article = useRef<HTMLElement>(null);
  useEffect(() => {
    if (data === undefined || hash === '') return;
    const target = [...(article.current?.querySelectorAll('[id]') ?? [])].find(({ id }) => id === hash);
    target?.scrollIntoView({ block: 'center' });
    target?.classList.add('is-target');
    return () => target?.classList.remove('is-target');
  }, [data, hash]);
  if (error !== undefined) return <ErrorNotice error={error} />;
  if (data === undefined)
    return <Empty isLoading={isLoading} title={isLoading ? 'Loading' : `There is no document ${name}.`} />;
  return (
    <article
      ref={article}
      class="document card"
      // Made when the page was built, of our own documents, in which markup is text.
      dangerouslySetInnerHTML={{ __html: data.html }}
    />
  );
};
