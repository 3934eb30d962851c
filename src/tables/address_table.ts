// (scope, 16-byte address) → a small stable index, for values kept in typed arrays beside it. The scope is a
// bridge domain, a VRF, or a VRF and a prefix length. Open addressing; a lookup allocates nothing.

import { readI32 } from "../wire/bytes.js";

const WORDS = 5;

function hashOf(scope: number, w0: number, w1: number, w2: number, w3: number): number {
  let hash = Math.imul(scope ^ Math.imul(w3, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ w2, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13) ^ w1, 0x27d4eb2f);
  hash ^= Math.imul(w0, 0x165667b1);
  return hash ^ (hash >>> 16);
}

export interface AddressKey {
  readonly scope: number;
  readonly address: Uint8Array;
}

export class AddressTable {
  /** Slots of indexes; 0 is empty. */
  private slots = new Int32Array(64);
  /** Keys by index: scope and the address as four big-endian words. */
  private keys = new Int32Array(32 * WORDS);
  private readonly free: number[] = [];
  private next = 1;
  private used = 0;

  /** `capacity`: most entries. */
  constructor(private readonly capacity: number) {}

  get count(): number {
    return this.used;
  }

  /** Exclusive upper bound of the indexes given out so far. */
  get indexLimit(): number {
    return this.next;
  }

  /** 0 where absent. */
  find(scope: number, w0: number, w1: number, w2: number, w3: number): number {
    return this.slots[this.slotOf(scope, w0, w1, w2, w3)]!;
  }

  findAddress(scope: number, address: Uint8Array): number {
    return this.find(scope, readI32(address, 0), readI32(address, 4), readI32(address, 8), readI32(address, 12));
  }

  /** The entry's index, new or known; 0 where the table is full. */
  add(scope: number, w0: number, w1: number, w2: number, w3: number): number {
    const known = this.find(scope, w0, w1, w2, w3);
    if (known !== 0) return known;
    if (this.used >= this.capacity) return 0;
    if ((this.used + 1) * 2 > this.slots.length) this.growSlots();
    const index = this.free.pop() ?? this.next++;
    if ((index + 1) * WORDS > this.keys.length) this.growKeys();
    this.keys.set([scope, w0, w1, w2, w3], index * WORDS);
    this.slots[this.slotOf(scope, w0, w1, w2, w3)] = index;
    this.used += 1;
    return index;
  }

  addAddress(scope: number, address: Uint8Array): number {
    return this.add(scope, readI32(address, 0), readI32(address, 4), readI32(address, 8), readI32(address, 12));
  }

  /** Closes the gap, so that no tombstones remain. An index that is not in use is left alone. */
  delete(index: number): void {
    let hole = this.slotOfIndex(index);
    if (this.slots[hole] === 0) return;
    const mask = this.slots.length - 1;
    for (let at = (hole + 1) & mask; this.slots[at] !== 0; at = (at + 1) & mask) {
      const home = this.hashOfIndex(this.slots[at]!) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      this.slots[hole] = this.slots[at]!;
      hole = at;
    }
    this.slots[hole] = 0;
    this.keys.fill(0, index * WORDS, (index + 1) * WORDS);
    this.free.push(index);
    this.used -= 1;
  }

  scopeOf(index: number): number {
    return this.keys[index * WORDS]!;
  }

  keyOf(index: number): AddressKey {
    const address = new Uint8Array(16);
    const view = new DataView(address.buffer);
    for (let word = 0; word < 4; word++) view.setInt32(word * 4, this.keys[index * WORDS + 1 + word]!);
    return { scope: this.keys[index * WORDS]!, address };
  }

  *indexes(): IterableIterator<number> {
    for (const index of this.slots) if (index !== 0) yield index;
  }

  private slotOf(scope: number, w0: number, w1: number, w2: number, w3: number): number {
    const { slots, keys } = this;
    const mask = slots.length - 1;
    let slot = hashOf(scope, w0, w1, w2, w3) & mask;
    for (let index = slots[slot]!; index !== 0; index = slots[slot]!) {
      const at = index * WORDS;
      const low = keys[at + 4] === w3 && keys[at + 3] === w2 && keys[at + 2] === w1;
      if (low && keys[at + 1] === w0 && keys[at] === scope) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private slotOfIndex(index: number): number {
    const mask = this.slots.length - 1;
    let slot = this.hashOfIndex(index) & mask;
    while (this.slots[slot] !== index && this.slots[slot] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  private hashOfIndex(index: number): number {
    const at = index * WORDS;
    const { keys } = this;
    return hashOf(keys[at]!, keys[at + 1]!, keys[at + 2]!, keys[at + 3]!, keys[at + 4]!);
  }

  private growSlots(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    const mask = this.slots.length - 1;
    for (const index of old) {
      if (index === 0) continue;
      let slot = this.hashOfIndex(index) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = index;
    }
  }

  private growKeys(): void {
    const grown = new Int32Array(this.keys.length * 2);
    grown.set(this.keys);
    this.keys = grown;
  }
}
