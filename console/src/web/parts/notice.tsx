import type { ComponentChildren } from 'preact';
import { type Backend, BackendError } from '../../queries/backend-error.js';
import { useSettings } from '../shell/settings.js';

interface NoticeProps {
  readonly kind: 'error' | 'warn' | 'info';
  readonly title: ComponentChildren;
  readonly children?: ComponentChildren;
}

export const Notice = ({ kind, title, children }: NoticeProps) => (
  <div class={`notice notice-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
    <p class="notice-title">{title}</p>
    {children === undefined ? null : <div>{children}</div>}
  </div>
);

const backendNames: Readonly<Record<Backend, string>> = {
  jaeger: 'Jaeger (traces)',
  elasticsearch: 'Elasticsearch (logs)',
  prometheus: 'Prometheus (metrics)',
};

/** Names the backend that gives no answer, and where it is looked for; the rest of a page works without it. */
const BackendNotice = ({ error }: { readonly error: BackendError }) => {
  const { addresses } = useSettings();
  const name = backendNames[error.backend];
  if (!error.isDown) return <Notice kind="warn" title={`${name} refused the question: ${error.message}`} />;
  return (
    <Notice kind="error" title={`${name} does not answer.`}>
      Looked for at <code>{addresses[error.backend] || 'an unknown address'}</code>. Start it, or correct its address (
      <code>{addressVariables[error.backend]}</code>); this page tries again by itself.
    </Notice>
  );
};

const addressVariables: Readonly<Record<Backend, string>> = {
  jaeger: 'JAEGER_QUERY_URL',
  elasticsearch: 'ELASTICSEARCH_URL',
  prometheus: 'PROMETHEUS_URL',
};

/** Whatever a question failed with; nothing if it did not. */
export const ErrorNotice = ({ error }: { readonly error: unknown }) => {
  if (error === undefined) return null;
  if (error instanceof BackendError) return <BackendNotice error={error} />;
  return <Notice kind="error" title={error instanceof Error ? error.message : String(error)} />;
};

/** One notice for each backend that is down among these failures, so that no page names one twice. */
export const ErrorNotices = ({ errors }: { readonly errors: readonly unknown[] }) => {
  const seen = new Map<string, unknown>();
  for (const error of errors) {
    if (error === undefined) continue;
    const key = error instanceof BackendError && error.isDown ? error.backend : String(error);
    if (!seen.has(key)) seen.set(key, error);
  }
  return (
    <>
      {[...seen].map(([key, error]) => (
        <ErrorNotice key={key} error={error} />
      ))}
    </>
  );
};
