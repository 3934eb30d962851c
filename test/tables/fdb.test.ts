import { describe, expect, it } from "vitest";
import { FdbFlag, FdbKind } from "../../src/abi/generated.js";
import { Deltas } from "../../src/tables/delta.js";
import { Fdb, type FdbEntry, NOT_FOUND } from "../../src/tables/fdb.js";
import { Random } from "../corpus/random.js";

const MAC = { hi: 0x0200, lo: 0x00000101 };
const make = (capacity?: number) => new Fdb(new Deltas(), capacity);

describe("forwarding database", () => {
  it("keeps every field of an entry", () => {
    const fdb = make();
    expect(fdb.set(4095, 0xffff, -1, FdbKind.REMOTE, 8191, FdbFlag.STATIC | FdbFlag.EVPN, 0xfffffffe)).toBe(true);
    const slot = fdb.find(4095, 0xffff, -1);
    expect(fdb.entryAt(slot)).toEqual({
      bd: 4095,
      hi: 0xffff,
      lo: -1,
      kind: FdbKind.REMOTE,
      flags: FdbFlag.STATIC | FdbFlag.EVPN,
      target: 8191,
      seenTick: 0xfffffffe,
    });
  });

  it("tells domains apart", () => {
    const fdb = make();
    fdb.set(1, MAC.hi, MAC.lo, FdbKind.LOCAL, 7, 0, 0);
    expect(fdb.find(2, MAC.hi, MAC.lo)).toBe(NOT_FOUND);
    expect(fdb.targetAt(fdb.find(1, MAC.hi, MAC.lo))).toBe(7);
  });

  it("counts by port, VTEP and domain as entries come, move and go", () => {
    const fdb = make();
    fdb.set(1, MAC.hi, MAC.lo, FdbKind.LOCAL, 7, 0, 0);
    expect([fdb.countByPort[7], fdb.countByBd[1]]).toEqual([1, 1]);
    fdb.set(1, MAC.hi, MAC.lo, FdbKind.REMOTE, 3, 0, 0);
    expect([fdb.countByPort[7], fdb.countByVtep[3], fdb.countByBd[1]]).toEqual([0, 1, 1]);
    fdb.set(1, MAC.hi, MAC.lo, FdbKind.HELD, 0, 0, 0);
    expect([fdb.countByVtep[3], fdb.countByPort[0], fdb.countByBd[1], fdb.count]).toEqual([0, 0, 1, 1]);
    expect(fdb.delete(1, MAC.hi, MAC.lo)).toBe(true);
    expect([fdb.countByBd[1], fdb.count]).toEqual([0, 0]);
    expect(fdb.delete(1, MAC.hi, MAC.lo)).toBe(false);
  });

  it("refuses new entries when full, and goes on changing old ones", () => {
    const fdb = make(2);
    fdb.set(1, 0, 1, FdbKind.LOCAL, 1, 0, 0);
    fdb.set(1, 0, 2, FdbKind.LOCAL, 1, 0, 0);
    expect(fdb.set(1, 0, 3, FdbKind.LOCAL, 1, 0, 0)).toBe(false);
    expect([fdb.full, fdb.count, fdb.find(1, 0, 3)]).toEqual([true, 2, NOT_FOUND]);
    expect(fdb.refusals).toBe(1);
    expect(fdb.set(1, 0, 2, FdbKind.LOCAL, 5, 0, 0)).toBe(true);
    fdb.delete(1, 0, 1);
    expect(fdb.set(1, 0, 3, FdbKind.LOCAL, 1, 0, 0)).toBe(true);
  });

  it("tells drivers what changed, but not of time stamps", () => {
    const deltas = new Deltas();
    const fdb = new Fdb(deltas);
    fdb.set(1, 2, 3, FdbKind.LOCAL, 1, 0, 0);
    fdb.touchAt(fdb.find(1, 2, 3), 99);
    fdb.delete(1, 2, 3);
    fdb.delete(1, 2, 3);
    const told: number[][] = [];
    deltas.fdb.forEach((w0, w1) => void told.push([w0, w1]));
    expect(told).toEqual([
      [0x10002, 3],
      [0x10002, 3],
    ]);
  });
});

interface Model {
  readonly entries: Map<string, FdbEntry>;
  readonly capacity: number;
}

/** Few domains and MACs, so that operations meet; MACs chosen so that many share the low bits of a hash. */
function randomKey(random: Random): { bd: number; hi: number; lo: number } {
  return {
    bd: 1 + random.below(3),
    hi: random.pick([0x0200, 0x0201, 0xfffe]),
    lo: (random.below(400) * 0x01000193) | 0,
  };
}

function step(fdb: Fdb, model: Model, random: Random): void {
  const { bd, hi, lo } = randomKey(random);
  const name = `${bd} ${hi} ${lo}`;
  if (random.chance(3)) {
    expect(fdb.delete(bd, hi, lo)).toBe(model.entries.delete(name));
    return;
  }
  const kind = random.pick([FdbKind.LOCAL, FdbKind.REMOTE, FdbKind.HELD]);
  const entry = { bd, hi, lo, kind, target: random.below(1024), flags: random.below(8), seenTick: random.word() };
  const fits = model.entries.has(name) || model.entries.size < model.capacity;
  expect(fdb.set(bd, hi, lo, kind, entry.target, entry.flags, entry.seenTick)).toBe(fits);
  if (fits) model.entries.set(name, entry);
}

function expectSame(fdb: Fdb, model: Model): void {
  const found: FdbEntry[] = [];
  fdb.forEach((entry) => void found.push(entry));
  const key = (entry: FdbEntry) => `${entry.bd} ${entry.hi} ${entry.lo}`;
  const sorted = (entries: FdbEntry[]) => entries.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  expect(sorted(found)).toEqual(sorted([...model.entries.values()]));
  for (const entry of model.entries.values())
    expect(fdb.entryAt(fdb.find(entry.bd, entry.hi, entry.lo))).toEqual(entry);
  const count = (kind: number, target: number) =>
    found.filter((one) => one.kind === kind && one.target === target).length;
  for (const { target } of found) {
    expect(fdb.countByPort[target]).toBe(count(FdbKind.LOCAL, target));
    expect(fdb.countByVtep[target]).toBe(count(FdbKind.REMOTE, target));
  }
  expect(fdb.countByPort.reduce((sum, one) => sum + one, 0)).toBe(
    found.filter(({ kind }) => kind === FdbKind.LOCAL).length,
  );
}

describe("walking the forwarding database", () => {
  const filled = () => {
    const fdb = make();
    for (let at = 0; at < 700; at++) fdb.set(1, at, at, at % 2 ? FdbKind.LOCAL : FdbKind.REMOTE, at % 5, 0, at);
    return fdb;
  };

  it("visits each entry once, in pieces of any size", () => {
    for (const piece of [1, 3, 1000, 100000]) {
      const fdb = filled();
      const seen: number[] = [];
      let position = 0;
      do position = fdb.scan(position, piece, (slot) => void seen.push(fdb.entryAt(slot).lo));
      while (position !== 0);
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 700 }, (_, at) => at));
    }
  });

  it("lists the entries behind one VTEP, not those of a port of the same number", () => {
    const found = filled().behindVtep(2);
    expect(found).toHaveLength(70);
    expect(found.every(({ kind, target }) => kind === FdbKind.REMOTE && target === 2)).toBe(true);
  });
});

describe("forwarding database against a Map", () => {
  it.each([1, 2, 3])("agrees after 10000 random operations (seed %i)", (seed) => {
    const random = new Random(seed);
    const model: Model = { entries: new Map(), capacity: 900 };
    const fdb = make(model.capacity);
    for (let round = 0; round < 10; round++) {
      for (let at = 0; at < 1000; at++) step(fdb, model, random);
      expectSame(fdb, model);
    }
  });

  it("finds 100000 entries again after growing, and none after all have gone", () => {
    const fdb = make();
    for (let at = 0; at < 100000; at++) fdb.set(1 + (at & 3), at >>> 8, at * 77, FdbKind.LOCAL, 1 + (at % 1000), 0, at);
    const lost = Array.from({ length: 100000 }, (_, at) => at).filter((at) => {
      const slot = fdb.find(1 + (at & 3), at >>> 8, at * 77);
      return slot === NOT_FOUND || fdb.seenAt(slot) !== at;
    });
    expect(lost).toEqual([]);
    for (let at = 99999; at >= 0; at--) fdb.delete(1 + (at & 3), at >>> 8, at * 77);
    expect(fdb.count).toBe(0);
    let left = 0;
    fdb.forEach(() => void left++);
    expect(left).toBe(0);
  });
});
