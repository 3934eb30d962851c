// What stands in the maps after the tables changed: the present, no stale identity, and every item that could not
// be written named.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FdbKind, Limit, RemoteFlag } from "../../src/abi/generated.js";
import { TableWriter } from "../../src/dataplane/ebpf/apply.js";
import { clearTraffic, readCounters } from "../../src/dataplane/ebpf/counters.js";
import { Programs } from "../../src/dataplane/ebpf/load.js";
import { encodeIndex, encodeTagKey, MapName } from "../../src/dataplane/ebpf/maps.js";
import { Tables } from "../../src/tables/tables.js";
import { emptyMap } from "./empty_map.js";
import { root } from "./harness.js";
import { testObjects } from "./objects.js";

const SMALL_FDB = 8;
const onRoot = it.skipIf(!root);

describe("tables to maps", () => {
  let programs: Programs;
  let tables: Tables;
  let writer: TableWriter;

  beforeAll(() => {
    if (root) programs = Programs.load(testObjects(), { [MapName.FDB]: SMALL_FDB });
  });

  afterAll(() => programs?.close());

  beforeEach(() => {
    if (!root) return;
    for (const name of Object.values(MapName)) emptyMap(programs.map(name));
    tables = new Tables();
    writer = new TableWriter(programs, tables, { takesXdp: () => false, isEngineCarried: (slot) => slot === 9 });
  });

  const indexAt = (name: MapName, key: Uint8Array): number | undefined => {
    const value = programs.map(name).lookup(key);
    return value && new DataView(value.buffer, value.byteOffset).getUint32(0, true);
  };
  const countIn = (name: MapName): number => programs.map(name).dump().count;
  const write = () => writer.writeDeltas();

  function setPort(port: number, slot: number, vlan: number): void {
    const rest = { bd: 1, flags: 1, macLimit: 0, violation: 0, learnFlags: 0, allow: undefined, stormRates: [] };
    tables.ports.set(port, { slot, vlan, ...rest });
  }

  onRoot("two domains that trade their VNIs both end with the right one", () => {
    tables.bridgeDomains.set(1, 100, 0, 0, 0);
    tables.bridgeDomains.set(2, 200, 0, 0, 0);
    expect(write()).toEqual([]);
    tables.bridgeDomains.set(1, 0, 0, 0, 0);
    tables.bridgeDomains.set(2, 100, 0, 0, 0);
    tables.bridgeDomains.set(1, 200, 0, 0, 0);
    expect(write()).toEqual([]);
    expect([indexAt(MapName.VNI, encodeIndex(100)), indexAt(MapName.VNI, encodeIndex(200))]).toEqual([2, 1]);
    tables.bridgeDomains.clear(1);
    write();
    expect(countIn(MapName.VNI)).toBe(1);
  });

  onRoot("an interface that comes back under another index leaves nothing of the former", () => {
    tables.interfaces.set(1, "eth1", 50, 0, 1500);
    tables.interfaces.attach(1, 10, 3);
    setPort(3, 1, 10);
    write();
    expect(indexAt(MapName.TAG, encodeTagKey(50, 10))).toBe(3);
    tables.interfaces.set(1, "eth1", 51, 0, 9000);
    write();
    expect(indexAt(MapName.TAG, encodeTagKey(50, 10))).toBeUndefined();
    expect(indexAt(MapName.TAG, encodeTagKey(51, 10))).toBe(3);
    expect(countIn(MapName.INTERFACE)).toBe(1);
    const port = programs.map(MapName.PORT).lookup(encodeIndex(3))!;
    const view = new DataView(port.buffer, port.byteOffset);
    expect([view.getUint32(0, true), view.getUint16(12, true)]).toEqual([51, 9000]);
    tables.interfaces.attach(1, 10, 0);
    tables.ports.clear(3);
    tables.interfaces.clear(1);
    write();
    expect(countIn(MapName.TAG) + countIn(MapName.INTERFACE)).toBe(0);
  });

  onRoot("an interface that the engine carries has no tags, so that every frame of it is punted", () => {
    tables.interfaces.set(9, "eth9", 59, 0, 1500);
    tables.interfaces.attach(9, 0, 4);
    setPort(4, 9, 0);
    expect(write()).toEqual([]);
    expect([countIn(MapName.INTERFACE), countIn(MapName.TAG)]).toEqual([1, 0]);
  });

  onRoot("a VTEP that changes its address is found under the new one only", () => {
    const [first, second] = [Uint8Array.of(...Array(15).fill(0), 1), Uint8Array.of(...Array(15).fill(0), 2)];
    tables.vteps.set(5, first, RemoteFlag.KNOWN, tables.settings);
    write();
    tables.vteps.set(5, second, RemoteFlag.KNOWN, tables.settings);
    write();
    expect([indexAt(MapName.ADDRESS, first), indexAt(MapName.ADDRESS, second)]).toEqual([undefined, 5]);
    tables.vteps.clear(5);
    write();
    expect(countIn(MapName.ADDRESS)).toBe(0);
  });

  onRoot("writing twice changes nothing, and deltas are gone once written", () => {
    tables.fdb.set(1, 0x0200, 7, FdbKind.LOCAL, 3, 0, 11);
    expect(write()).toEqual([]);
    expect(tables.deltas.empty).toBe(true);
    const before = programs.map(MapName.FDB).dump();
    expect(writer.writeAll()).toEqual([]);
    expect(programs.map(MapName.FDB).dump()).toEqual(before);
  });

  onRoot("what finds no room is named, waits, and enters once there is some", () => {
    for (let host = 0; host < SMALL_FDB + 2; host++) tables.fdb.set(1, 0x0200, host, FdbKind.LOCAL, 3, 0, 0);
    const problems = write();
    expect(problems.map(({ item, status }) => [item, status])).toEqual([
      ["fdb 1 02:00:00:00:00:08", "retry"],
      ["fdb 1 02:00:00:00:00:09", "retry"],
    ]);
    expect(problems[0]!.constraint).toContain(MapName.FDB);
    expect(tables.deltas.fdb.count).toBe(2);
    tables.fdb.delete(1, 0x0200, 0);
    tables.fdb.delete(1, 0x0200, 1);
    expect(write()).toEqual([]);
    expect(countIn(MapName.FDB)).toBe(SMALL_FDB);
    expect(tables.deltas.empty).toBe(true);
  });

  onRoot("a large table enters in batches", () => {
    const large = Programs.load(testObjects());
    const many = new Tables();
    try {
      for (let host = 0; host < 20_000; host++) many.fdb.set(1, 0x0200, host, FdbKind.REMOTE, 3, 0, 0);
      const all = new TableWriter(large, many, { takesXdp: () => false, isEngineCarried: () => false });
      expect(all.writeDeltas()).toEqual([]);
      expect(large.map(MapName.FDB).dump().count).toBe(20_000);
      expect(large.map(MapName.FDB).maxEntries).toBe(Limit.MAX_FDB);
      for (let host = 0; host < 10_000; host++) many.fdb.delete(1, 0x0200, host);
      all.writeDeltas();
      expect(large.map(MapName.FDB).dump().count).toBe(10_000);
    } finally {
      large.close();
    }
  });

  onRoot("counters are summed over CPUs, and begin at zero for a new owner", () => {
    setPort(3, 1, 0);
    const map = programs.map(MapName.PORT_COUNTERS);
    const value = new Uint8Array(map.valueSize);
    const view = new DataView(value.buffer);
    for (let cpu = 0; cpu < map.cpuCount; cpu++) view.setBigUint64(cpu * 32 + 8, 0x1_0000_0001n, true);
    map.update(encodeIndex(3), value);
    expect(readCounters(programs, tables).ports[3 * 4 + 1]).toBe(map.cpuCount * 0x1_0000_0001);
    clearTraffic(map, 3);
    expect(readCounters(programs, tables).ports[3 * 4 + 1]).toBe(0);
  });
});
