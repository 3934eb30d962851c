// (scope, address) → a positive integer, by the hundred thousand: the scope is a VRF, or a VRF and a prefix length.

import { AddressTable } from "../../tables/address_table.js";

const CAPACITY = 0x100000;

export class AddressValues {
  private readonly keys = new AddressTable(CAPACITY);
  private values = new Uint16Array(64);

  /** 0 where absent. */
  get(scope: number, address: Uint8Array): number {
    return this.values[this.keys.findAddress(scope, address)]!;
  }

  /** 0 deletes. False where there is no room. */
  set(scope: number, address: Uint8Array, value: number): boolean {
    if (value === 0) {
      this.delete(scope, address);
      return true;
    }
    const index = this.keys.addAddress(scope, address);
    if (index === 0) return false;
    if (index >= this.values.length) this.grow();
    this.values[index] = value;
    return true;
  }

  /** The table must not change meanwhile. */
  *entries(): IterableIterator<{ readonly scope: number; readonly address: Uint8Array; readonly value: number }> {
    for (const index of this.keys.indexes()) yield { ...this.keys.keyOf(index), value: this.values[index]! };
  }

  private delete(scope: number, address: Uint8Array): void {
    const index = this.keys.findAddress(scope, address);
    if (index === 0) return;
    this.keys.delete(index);
    this.values[index] = 0;
  }

  private grow(): void {
    const grown = new Uint16Array(this.values.length * 2);
    grown.set(this.values);
    this.values = grown;
  }
}
