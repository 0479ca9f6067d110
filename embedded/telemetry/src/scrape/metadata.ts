/** What a service says of a family of metrics. */
export type Metadata = Record<'type' | 'help' | 'unit', string>;

export interface MetadataStore {
  tell(family: string, field: keyof Metadata, text: string): void;
  /** By family. */
  all(): ReadonlyMap<string, Metadata>;
}

const maxFamilies = 2_500;

/** Services of one version say the same of a family; of others, the last one is heard. */
export const createMetadataStore = (): MetadataStore => {
  const told = new Map<string, Metadata>();
  return {
    tell(family, field, text) {
      const one = told.get(family) ?? { type: 'unknown', help: '', unit: '' };
      if (one[field] === text || (!told.has(family) && told.size >= maxFamilies)) return;
      // A slice of the scraped text would keep all of that text in memory.
      told.set(Buffer.from(family).toString(), { ...one, [field]: Buffer.from(text).toString() });
    },
    all: () => told,
  };
};
