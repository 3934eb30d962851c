// A BPF hash from an outside identity (ifindex, tag, VNI, address) to one of our dense indexes. Remembers
// which key each index has in the kernel, so that a changed identity leaves no stale entry behind.

import type { BpfMap } from "../../native/index.js";
import type { Problems } from "./problems.js";

export interface IdentityEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export class IdentityMap {
  private readonly keyByIndex = new Map<number, Uint8Array>();
  private readonly ownerByKey = new Map<string, number>();

  /** `present`: what the tables say of an index now; undefined = it has no identity. */
  constructor(
    private readonly map: BpfMap,
    private readonly nameOf: (index: number) => string,
    private readonly present: (index: number) => IdentityEntry | undefined,
  ) {}

  /** Former keys go first: one index may take over another's. Calls `retry` for what waits. */
  bring(indexes: Iterable<number>, problems: Problems, retry: (index: number) => unknown): void {
    const entries = [...indexes].map((index) => ({ index, entry: this.present(index) }));
    for (const { index, entry } of entries) this.release(index, entry?.key);
    for (const { index, entry } of entries) {
      if (entry === undefined) continue;
      const item = this.nameOf(index);
      const written = problems.attempt(
        item,
        this.map,
        () => this.map.update(entry.key, entry.value),
        () => retry(index),
      );
      if (written) this.own(index, entry.key);
    }
  }

  private release(index: number, next: Uint8Array | undefined): void {
    const former = this.keyByIndex.get(index);
    if (former === undefined || (next !== undefined && text(next) === text(former))) return;
    this.keyByIndex.delete(index);
    if (this.ownerByKey.get(text(former)) !== index) return;
    this.ownerByKey.delete(text(former));
    this.map.delete(former);
  }

  private own(index: number, key: Uint8Array): void {
    this.keyByIndex.set(index, key);
    this.ownerByKey.set(text(key), index);
  }
}

function text(key: Uint8Array): string {
  return key.join(" ");
}
