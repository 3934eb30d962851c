// Room that several sources share. A source may hold no more than is left: one alone gets half, two get a third each.
// One that comes last still finds some, unless many came before that each took all they could (as switches share their
// packet buffers by dynamic thresholds). Nobody has to know how many sources there are.

export class SharedRoom {
  private readonly held = new Map<number, number>();
  private used = 0;

  constructor(private readonly capacity: number) {}

  has(source: number, amount = 1): boolean {
    return this.of(source) + amount <= this.capacity - this.used;
  }

  /** False, and nothing is taken, where it has no such room. */
  take(source: number, amount = 1): boolean {
    if (!this.has(source, amount)) return false;
    this.held.set(source, this.of(source) + amount);
    this.used += amount;
    return true;
  }

  give(source: number, amount = 1): void {
    const left = this.of(source) - amount;
    this.used -= amount;
    if (left === 0) this.held.delete(source);
    else this.held.set(source, left);
  }

  get isEmpty(): boolean {
    return this.used === 0;
  }

  private of(source: number): number {
    return this.held.get(source) ?? 0;
  }
}
