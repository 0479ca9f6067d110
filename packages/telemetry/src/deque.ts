/** A double-ended queue on a ring: all operations take constant time. */
export class Deque<T> {
  private ring: (T | undefined)[] = new Array(16);
  private head = 0;
  private count = 0;

  get length(): number {
    return this.count;
  }

  pushBack(item: T): void {
    this.grow();
    this.ring[(this.head + this.count) & (this.ring.length - 1)] = item;
    this.count++;
  }

  pushFront(item: T): void {
    this.grow();
    this.head = (this.head - 1) & (this.ring.length - 1);
    this.ring[this.head] = item;
    this.count++;
  }

  popFront(): T | undefined {
    if (this.count === 0) return undefined;
    const item = this.ring[this.head];
    this.ring[this.head] = undefined;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.count--;
    return item;
  }

  // The size stays a power of two, so that a mask replaces the modulo.
  private grow(): void {
    if (this.count < this.ring.length) return;
    const grown: (T | undefined)[] = new Array(this.ring.length * 2);
    for (let i = 0; i < this.count; i++) grown[i] = this.ring[(this.head + i) & (this.ring.length - 1)];
    this.ring = grown;
    this.head = 0;
  }
}
