// An open-addressed map from 32-bit integers to small positive integers, without allocation per
// lookup. For identities that come from outside (VNI, ifindex) and lead to our dense indexes.

import { readI32 } from "../wire/bytes.js";

const EMPTY = 0;

/** Spreads an integer over 32 bits, unsigned. */
export function scatter(key: number): number {
  const mixed = Math.imul(key ^ (key >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

export class IntMap {
  private keys = new Int32Array(16);
  private values = new Int32Array(16);
  private count = 0;

  /** 0 where the key is absent. */
  get(key: number): number {
    return this.values[this.slotOf(key | 0)]!;
  }

  /** `value` must not be 0, which means absent. */
  set(key: number, value: number): void {
    if ((this.count + 1) * 2 > this.keys.length) this.grow();
    const slot = this.slotOf(key | 0);
    if (this.values[slot] === EMPTY) this.count += 1;
    this.keys[slot] = key | 0;
    this.values[slot] = value;
  }

  delete(key: number): void {
    let hole = this.slotOf(key | 0);
    if (this.values[hole] === EMPTY) return;
    this.count -= 1;
    const mask = this.keys.length - 1;
    for (let at = (hole + 1) & mask; this.values[at] !== EMPTY; at = (at + 1) & mask) {
      const home = scatter(this.keys[at]!) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      this.keys[hole] = this.keys[at]!;
      this.values[hole] = this.values[at]!;
      hole = at;
    }
    this.values[hole] = EMPTY;
  }

  private slotOf(key: number): number {
    const mask = this.keys.length - 1;
    let slot = scatter(key) & mask;
    while (this.values[slot] !== EMPTY && this.keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { keys, values } = this;
    this.keys = new Int32Array(keys.length * 2);
    this.values = new Int32Array(keys.length * 2);
    this.count = 0;
    for (let slot = 0; slot < keys.length; slot++) {
      if (values[slot] !== EMPTY) this.set(keys[slot]!, values[slot]!);
    }
  }
}

/**
 * Addresses of 16 bytes to small positive integers. Few entries (VTEPs), looked up once a frame:
 * the 32-bit fold of an address finds its first candidate, the rest is compared word by word.
 */
export class AddressMap {
  private readonly first = new IntMap();
  private readonly next = new Map<number, number>();
  /** Four for each index. */
  private words = new Int32Array(64 * 4);
  private readonly present = new Set<number>();

  /** 0 where the address is absent. */
  get(w0: number, w1: number, w2: number, w3: number): number {
    let index = this.first.get(fold(w0, w1, w2, w3));
    while (index !== 0) {
      const { words } = this;
      const at = index * 4;
      if (words[at + 3] === w3 && words[at + 2] === w2 && words[at + 1] === w1 && words[at] === w0) return index;
      index = this.next.get(index) ?? 0;
    }
    return 0;
  }

  /** The address must not be present. */
  set(address: Uint8Array, index: number): void {
    const words = wordsOf(address);
    const bucket = fold(words[0]!, words[1]!, words[2]!, words[3]!);
    this.next.set(index, this.first.get(bucket));
    this.keep(index, words);
    this.first.set(bucket, index);
  }

  delete(index: number): void {
    if (!this.present.delete(index)) return;
    const [w0, w1, w2, w3] = this.words.subarray(index * 4, index * 4 + 4);
    const bucket = fold(w0!, w1!, w2!, w3!);
    const after = this.next.get(index)!;
    if (this.first.get(bucket) !== index) this.next.set(this.predecessor(bucket, index), after);
    else if (after === 0) this.first.delete(bucket);
    else this.first.set(bucket, after);
    this.next.delete(index);
  }

  private keep(index: number, words: Int32Array): void {
    if ((index + 1) * 4 > this.words.length) {
      const grown = new Int32Array(Math.max(this.words.length * 2, (index + 1) * 4));
      grown.set(this.words);
      this.words = grown;
    }
    this.words.set(words, index * 4);
    this.present.add(index);
  }

  private predecessor(bucket: number, index: number): number {
    let at = this.first.get(bucket);
    while (this.next.get(at) !== index) at = this.next.get(at)!;
    return at;
  }
}

function wordsOf(address: Uint8Array): Int32Array {
  return Int32Array.from([0, 4, 8, 12], (at) => readI32(address, at));
}

function fold(w0: number, w1: number, w2: number, w3: number): number {
  return (Math.imul(w0, 3) ^ Math.imul(w1, 5) ^ Math.imul(w2, 7) ^ w3) | 0;
}
