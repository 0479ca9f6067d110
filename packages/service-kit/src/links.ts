/** Makes absolute addresses of paths, for the caller outside and not for the network inside. */
export type Links = (path: string) => string;

/** @param publicUrl the gateway as callers see it, with or without a path and a slash at the end */
export const createLinks = (publicUrl: string): Links => {
  const base = publicUrl.replace(/\/+$/, '');
  return (path) => `${base}${path.startsWith('/') ? path : `/${path}`}`;
};
