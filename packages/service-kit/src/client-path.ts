import { kitErrors } from './errors.js';

export type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * Builds a path from a template with `:parameters`, each encoded, so that no value can reach another path.
 * @throws kitErrors.invalidPath for an empty value, `.` and `..`, which URLs resolve even when nothing in them needs encoding
 */
export const buildPath = (template: string, params: Readonly<Record<string, string>> = {}, query?: Query): string => {
  const path = template.replace(/:([A-Za-z]\w*)/g, (_match, name: string) => {
    const value = params[name];
    if (value === undefined || value === '' || value === '.' || value === '..') throw kitErrors.invalidPath();
    return encodeURIComponent(value);
  });
  if (query === undefined) return path;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.append(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search}`;
};
