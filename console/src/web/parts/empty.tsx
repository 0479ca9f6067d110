import type { ComponentChildren } from 'preact';

interface EmptyProps {
  readonly title: string;
  /** What to do about it. */
  readonly children?: ComponentChildren;
  readonly isLoading?: boolean;
}

/** In place of what is not there: says so, and what to do. */
export const Empty = ({ title, children, isLoading = false }: EmptyProps) => (
  <div class="empty" aria-busy={isLoading} role={isLoading ? 'status' : undefined}>
    <p class="empty-title">{title}</p>
    {children === undefined ? null : <div class="empty-advice">{children}</div>}
  </div>
);
