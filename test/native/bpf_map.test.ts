import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BpfMap, BpfObject, NativeError, possibleCpus } from "../../src/native/index.js";
import { compileBpf, root, u32 } from "./lab.js";

const HASH = 1;
const LPM_TRIE = 11;
const NO_PREALLOC = 1;

/** `count` keys and values that can be told apart. */
function entries(count: number): { keys: Uint8Array; values: Uint8Array } {
  const keys = new Uint32Array(count);
  const values = new BigUint64Array(count);
  for (let i = 0; i < count; i++) {
    keys[i] = i * 7 + 1;
    values[i] = BigInt(i) << 32n;
  }
  return { keys: new Uint8Array(keys.buffer), values: new Uint8Array(values.buffer) };
}

describe.skipIf(!root)("BpfMap (needs root)", () => {
  let object: BpfObject;
  let table: BpfMap;
  beforeAll(() => {
    object = BpfObject.load(compileBpf("fixture"), { name: "fixture", programs: [] });
    table = object.map("table");
  });
  afterAll(() => {
    table.close();
    object.close();
  });

  it("1 tells its layout", () => {
    expect(table).toMatchObject({
      name: "table",
      type: HASH,
      keySize: 4,
      valueSize: 8,
      maxEntries: 20000,
      cpuCount: 1,
    });
    expect(table.fd).toBeGreaterThan(2);
  });

  it("2 finds, changes and deletes single entries", () => {
    const value = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(table.lookup(u32(1))).toBeUndefined();
    table.update(u32(1), value, 1);
    expect(table.lookup(u32(1))).toEqual(value);
    const out = new Uint8Array(8);
    expect(table.lookup(u32(1), out)).toBe(out);
    expect(() => table.update(u32(1), value, 1)).toThrow(expect.objectContaining({ code: "EEXIST" }));
    expect(table.delete(u32(1))).toBe(true);
    expect(table.delete(u32(1))).toBe(false);
    expect(() => table.update(new Uint8Array(2), value)).toThrow(/key has 2 bytes, needs 4/);
  });

  it("3 updates, dumps and deletes 10000 entries in batches", () => {
    const { keys, values } = entries(10000);
    table.updateBatch(keys, values, 10000);
    const all = table.dump();
    expect(all.count).toBe(10000);
    expect(all.keys.length).toBe(40000);
    const found = new Map<number, bigint>();
    const dumpedKeys = new Uint32Array(all.keys.buffer, all.keys.byteOffset, all.count);
    const dumpedValues = new BigUint64Array(all.values.buffer, all.values.byteOffset, all.count);
    dumpedKeys.forEach((key, i) => {
      found.set(key, dumpedValues[i] ?? -1n);
    });
    expect(found.size).toBe(10000);
    expect(found.get(5000 * 7 + 1)).toBe(5000n << 32n);

    let [parts, counted] = [0, 0];
    for (let position: Uint8Array | undefined; ; parts++) {
      const part = table.dumpPart(position);
      counted += part.count;
      position = part.next;
      if (position === undefined) break;
    }
    expect(counted).toBe(10000);
    expect(parts).toBeGreaterThan(1);

    // Half of these are absent.
    const mixed = new Uint32Array(10000).map((_, i) => (i % 2 === 0 ? i * 7 + 1 : 1_000_000 + i));
    expect(table.deleteBatch(new Uint8Array(mixed.buffer), 10000)).toBe(5000);
    expect(table.dump().count).toBe(5000);
    expect(table.deleteBatch(keys, 10000)).toBe(5000);
    expect(table.dump()).toMatchObject({ count: 0, keys: new Uint8Array(0) });
  });

  it("4 reports how far a failing batch came", () => {
    const small = BpfMap.create({ type: HASH, keySize: 4, valueSize: 8, maxEntries: 100, flags: NO_PREALLOC });
    const { keys, values } = entries(200);
    try {
      small.updateBatch(keys, values, 200);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(NativeError);
      expect(error).toMatchObject({ code: "E2BIG", meta: { done: 100 } });
    }
    expect(small.dump().count).toBe(100);
    small.close();
  });

  it("5 falls back where a type has no batch operations", () => {
    const trie = BpfMap.create({ type: LPM_TRIE, keySize: 8, valueSize: 4, maxEntries: 64, flags: NO_PREALLOC });
    const keys = new Uint8Array(8 * 3);
    for (let i = 0; i < 3; i++) keys.set([32, 0, 0, 0, 10, 0, 0, i], 8 * i);
    trie.updateBatch(keys, new Uint8Array(12).fill(5), 3);
    expect(trie.dump()).toMatchObject({ count: 3, values: new Uint8Array(12).fill(5) });
    expect(trie.dumpPart()).toMatchObject({ count: 3 });
    expect(trie.deleteBatch(keys, 3)).toBe(3);
    trie.close();

    const sockets = object.map("sockets");
    expect(sockets.dump().count).toBe(0);
    sockets.close();
  });

  it("6 gives per-CPU values of all CPUs, each rounded up to 8 bytes", () => {
    const map = object.map("per_cpu");
    expect(map.cpuCount).toBe(possibleCpus());
    expect(map.valueSize).toBe(16 * possibleCpus());
    const value = new Uint8Array(map.valueSize).map((_, i) => (i % 16 < 12 ? i : 0));
    map.updateBatch(u32(1), value, 1);
    expect(map.lookup(u32(1))).toEqual(value);
    const all = map.dump();
    expect(all.count).toBe(2);
    expect(all.values.subarray(map.valueSize)).toEqual(value);
    map.close();
  });

  it("7 maps an array into memory, which outlives the handle", () => {
    const map = object.map("shared");
    const again = object.map("shared");
    const memory = map.mmap();
    map.close();
    const words = new BigUint64Array(memory);
    expect(words.length).toBe(16);
    words[3] = 99n;
    expect(again.lookup(u32(3))).toEqual(u32(99));
    again.update(u32(4), u32(17));
    expect(words[4]).toBe(17n);
    expect(() => table.mmap()).toThrow(NativeError);
    again.close();
  });

  it("8 makes maps of maps", () => {
    const inner = BpfMap.create({ type: HASH, keySize: 4, valueSize: 8, maxEntries: 4, name: "inner" });
    const outer = BpfMap.create({ type: 13, keySize: 4, valueSize: 4, maxEntries: 4, innerMap: inner, name: "outer" });
    outer.update(u32(1), u32(inner.fd));
    expect(outer.lookup(u32(1))).toEqual(u32(inner.id));
    inner.close();
    outer.close();
  });

  it("9 opens a map by its number, whoever made it", () => {
    const again = BpfMap.openById(table.id);
    expect(again).toMatchObject({ id: table.id, name: "table", keySize: 4 });
    again.update(u32(7), new Uint8Array(8).fill(7));
    expect(table.lookup(u32(7))).toEqual(new Uint8Array(8).fill(7));
    again.close();
    expect(() => BpfMap.openById(0xffffffff)).toThrow(expect.objectContaining({ code: "ENOENT" }));
  });
});
