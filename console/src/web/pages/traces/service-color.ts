const count = 8;

/**
 * A colour of the theme for each service. A service has the same one on every page; only where two of one trace would
 * share it, the later one gets the next that is free.
 */
export const colorServices = (services: readonly string[]): ReadonlyMap<string, string> => {
  const colors = new Map<string, string>();
  const taken = new Set<number>();
  for (const service of [...new Set(services)].sort()) {
    let index = hash(service) % count;
    while (taken.has(index) && taken.size < count) index = (index + 1) % count;
    taken.add(index);
    colors.set(service, `var(--c${index + 1})`);
  }
  return colors;
};

const hash = (text: string): number => {
  let sum = 0;
  for (let index = 0; index < text.length; index++) sum = (sum * 31 + text.charCodeAt(index)) % 65_521;
  return sum;
};
