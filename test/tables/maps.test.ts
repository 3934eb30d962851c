import { describe, expect, it } from "vitest";
import { AddressMap, IntMap } from "../../src/tables/int_map.js";
import { Random } from "../corpus/random.js";

describe("IntMap against a Map", () => {
  it.each([1, 2, 3])("agrees after 20000 random operations (seed %i)", (seed) => {
    const random = new Random(seed);
    const map = new IntMap();
    const model = new Map<number, number>();
    const wrong: string[] = [];
    for (let at = 0; at < 20000; at++) {
      const key = random.pick([random.below(200), -random.below(200), random.word() | 0, 0, -1, 0x7fffffff]);
      if (random.chance(3)) {
        map.delete(key);
        model.delete(key);
      } else {
        const value = 1 + random.below(0x7ffffffe);
        map.set(key, value);
        model.set(key, value);
      }
      if (map.get(key) !== (model.get(key) ?? 0)) wrong.push(`operation ${at}, key ${key}`);
    }
    expect(wrong).toEqual([]);
    for (const [key, value] of model) expect(map.get(key)).toBe(value);
  });

  it("takes an unsigned key for its signed twin", () => {
    const map = new IntMap();
    map.set(0xffffffff, 5);
    expect(map.get(-1)).toBe(5);
    map.delete(-1);
    expect(map.get(0xffffffff)).toBe(0);
  });
});

const words = (address: Uint8Array): [number, number, number, number] => {
  const view = new DataView(address.buffer);
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)];
};

/** Only the first and last word vary, by multiples that make many folds collide (3 * w0 xor w3). */
function colliding(random: Random): Uint8Array {
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  const first = random.below(16);
  view.setInt32(0, first);
  view.setInt32(12, Math.imul(first, 3) ^ random.below(2));
  return address;
}

describe("AddressMap against a Map", () => {
  it.each([1, 2, 3])("agrees after random operations on addresses that collide (seed %i)", (seed) => {
    const random = new Random(seed);
    const map = new AddressMap();
    const model = new Map<string, number>();
    const wrong: string[] = [];
    let next = 1;
    for (let at = 0; at < 5000; at++) {
      const address = random.chance(4) ? random.bytes(16) : colliding(random);
      const name = address.join(".");
      const index = model.get(name);
      if (map.get(...words(address)) !== (index ?? 0)) wrong.push(`operation ${at}, address ${name}`);
      if (index === undefined) {
        map.set(address, next);
        model.set(name, next++);
      } else {
        map.delete(index);
        model.delete(name);
      }
    }
    expect(wrong).toEqual([]);
    for (const [name, index] of model) expect(map.get(...words(Uint8Array.from(name.split("."), Number)))).toBe(index);
  });

  it("forgets nothing when an absent index is deleted", () => {
    const map = new AddressMap();
    const address = new Random(9).bytes(16);
    map.set(address, 1);
    map.delete(2);
    expect(map.get(...words(address))).toBe(1);
  });
});
