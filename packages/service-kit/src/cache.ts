export interface Cache<T> {
  get(key: string, load: () => Promise<T>): Promise<T>;
  invalidate(key: string): Promise<void>;
}
