/** A runbook is named by its path in the repository, or by an address whose path ends in that. */
export const toDocPath = (runbook: string | undefined): string | undefined => {
  const name = /(?:^|\/)docs\/([\w./-]+?)(?:\.md)?$/.exec(runbook ?? '')?.[1];
  return name === undefined ? undefined : `/docs/${name}`;
};
