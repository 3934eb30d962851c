// Small integers for things that config and the kernel know by name. 0 is never given out.

import { VtepError } from "../wire/error.js";

export class Identities {
  private readonly ids = new Map<string, number>();
  private readonly names = new Map<number, string>();
  private readonly free: number[] = [];
  private next = 1;

  /** `limit` is exclusive: the length of the table that the numbers index. */
  constructor(
    private readonly what: string,
    private readonly limit: number,
  ) {}

  get(name: string): number | undefined {
    return this.ids.get(name);
  }

  nameOf(id: number): string | undefined {
    return this.names.get(id);
  }

  /** The name's number, a new one if it has none. Throws `table_full`. */
  acquire(name: string): number {
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    const id = this.free.pop() ?? this.next++;
    if (id >= this.limit)
      throw new VtepError("table_full", `no room for another ${this.what}: at most ${this.limit - 1}`);
    this.ids.set(name, id);
    this.names.set(id, name);
    return id;
  }

  release(name: string): void {
    const id = this.ids.get(name);
    if (id === undefined) return;
    this.ids.delete(name);
    this.names.delete(id);
    this.free.push(id);
  }

  entries(): IterableIterator<[string, number]> {
    return this.ids.entries();
  }
}
