import type { Reply } from './routes.js';

type Headers = Readonly<Record<string, string>>;

export const ok = (body: unknown, headers?: Headers): Reply => ({ status: 200, body, headers });

/** @param location absolute address of what was created */
export const created = (location: string, body: unknown, headers?: Headers): Reply => ({
  status: 201,
  body,
  headers: { ...headers, location },
});

/** The work goes on after the answer. @param location absolute address where its outcome will be seen */
export const accepted = (location: string, body: unknown, headers?: Headers): Reply => ({
  status: 202,
  body,
  headers: { ...headers, location },
});

export const noContent = (headers?: Headers): Reply => ({ status: 204, headers });
