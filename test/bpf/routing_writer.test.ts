// What stands in the maps of routing after the tables changed: the present, nothing stale, and what finds no room named.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BdFlag, VrfFlag } from "../../src/abi/generated.js";
import { TableWriter } from "../../src/dataplane/ebpf/apply.js";
import { Programs } from "../../src/dataplane/ebpf/load.js";
import { encodeIndex, MapName } from "../../src/dataplane/ebpf/maps.js";
import { Tables } from "../../src/tables/tables.js";
import { address16 } from "../corpus/packet.js";
import { emptyMap } from "./empty_map.js";
import { root } from "./harness.js";
import { testObjects } from "./objects.js";

const SMALL = 8;
const onRoot = it.skipIf(!root);
const ADDRESS = address16("10.0.0.7");

describe("routing tables to maps", () => {
  let programs: Programs;
  let tables: Tables;
  let writer: TableWriter;

  beforeAll(() => {
    if (root) programs = Programs.load(testObjects(), { [MapName.HOST]: SMALL, [MapName.PREFIX]: SMALL });
  });

  afterAll(() => programs?.close());

  beforeEach(() => {
    if (!root) return;
    for (const name of Object.values(MapName)) emptyMap(programs.map(name));
    tables = new Tables();
    writer = new TableWriter(programs, tables, { takesXdp: () => false, isEngineCarried: () => false });
  });

  const countIn = (name: MapName): number => programs.map(name).dump().count;
  const write = () => writer.writeDeltas();
  /** Bridge domain and VRF of a VNI. */
  function ownersOf(vni: number): number[] | undefined {
    const value = programs.map(MapName.VNI).lookup(encodeIndex(vni));
    if (value === undefined) return undefined;
    const view = new DataView(value.buffer, value.byteOffset);
    return [view.getUint16(0, true), view.getUint16(2, true)];
  }

  onRoot("a VNI goes from a domain to a VRF and back, in one step each", () => {
    tables.bridgeDomains.set(1, 100, 0, 0, 0);
    tables.vrfs.set(2, 200, VrfFlag.SYMMETRIC, 0x0200, 1);
    expect(write()).toEqual([]);
    expect([ownersOf(100), ownersOf(200)]).toEqual([
      [1, 0],
      [0, 2],
    ]);
    tables.bridgeDomains.set(1, 200, 0, 0, 0);
    tables.vrfs.set(2, 100, VrfFlag.SYMMETRIC, 0x0200, 1);
    expect(write()).toEqual([]);
    expect([ownersOf(100), ownersOf(200)]).toEqual([
      [0, 2],
      [1, 0],
    ]);
    tables.vrfs.set(2, 0, 0, 0, 0);
    write();
    expect([ownersOf(100), countIn(MapName.VNI)]).toEqual([undefined, 1]);
  });

  onRoot("a domain without VNI is written too: its gateway routes", () => {
    tables.bridgeDomains.set(3, 0, BdFlag.GATEWAY, 0, 0);
    tables.bridgeDomains.setGateway(3, 5, 0x020a, 0x01020304, []);
    tables.deltas.clear();
    writer.writeAll();
    const bd = programs.map(MapName.BD).lookup(encodeIndex(3))!;
    expect([...bd.subarray(4, 14)]).toEqual([BdFlag.GATEWAY, 0, 5, 0, 2, 0x0a, 1, 2, 3, 4]);
  });

  onRoot("hosts and prefixes come, change and go", () => {
    tables.hosts.setNeighbor(1, ADDRESS, 4, 0x0200, 9);
    tables.prefixes.set(1, address16("10.0.0.0"), 96 + 8, 3);
    tables.prefixes.set(1, address16("::"), 0, 2);
    expect(write()).toEqual([]);
    expect([countIn(MapName.HOST), countIn(MapName.PREFIX)]).toEqual([1, 2]);
    tables.hosts.delete(1, ADDRESS);
    tables.hosts.setRoute(1, ADDRESS, 6);
    tables.prefixes.delete(1, address16("10.0.0.0"), 96 + 8);
    expect(write()).toEqual([]);
    const host = programs.map(MapName.HOST).dump().values;
    expect([...host]).toEqual([6, 0, 3, 0, ...Array(8).fill(0)]);
    expect(countIn(MapName.PREFIX)).toBe(1);
    expect(tables.deltas.empty).toBe(true);
  });

  onRoot("writing everything twice changes nothing", () => {
    tables.vrfs.set(1, 5000, VrfFlag.SYMMETRIC, 0x0200, 1);
    tables.routes.setVtep(7, 3, 0x0200, 2);
    tables.routes.setBuckets(5, new Uint16Array(64).fill(7));
    tables.prefixes.set(1, address16("2001:db8::"), 32, 5);
    tables.hosts.setLocal(1, ADDRESS, 4);
    const names = [MapName.VRF, MapName.ROUTE, MapName.PATH, MapName.HOST, MapName.PREFIX, MapName.VNI];
    const content = () => names.map((name) => Buffer.from(programs.map(name).dump().values).toString("base64"));
    write();
    const before = content();
    expect(writer.writeAll()).toEqual([]);
    expect(content()).toEqual(before);
  });

  onRoot("what finds no room is named, waits, and enters once there is some", () => {
    const host = (last: number) => address16(`10.0.0.${last}`);
    const subnet = (third: number) => address16(`2001:db8:${third}::`);
    for (let item = 1; item <= SMALL + 1; item++) {
      tables.hosts.setNeighbor(1, host(item), 4, 0x0200, item);
      tables.prefixes.set(2, subnet(item), 48, 1);
    }
    expect(write().map(({ item, status }) => [item, status])).toEqual([
      ["host 1 10.0.0.9", "retry"],
      ["prefix 2 2001:db8:9:0:0:0:0:0/48", "retry"],
    ]);
    tables.hosts.delete(1, host(1));
    tables.prefixes.delete(2, subnet(1), 48);
    expect(write()).toEqual([]);
    expect([countIn(MapName.HOST), countIn(MapName.PREFIX)]).toEqual([SMALL, SMALL]);
    expect(tables.deltas.empty).toBe(true);
  });

  onRoot("large tables enter in batches", () => {
    const large = Programs.load(testObjects());
    const many = new Tables();
    const address = (item: number) => address16(`10.${item >>> 16}.${(item >>> 8) & 255}.${item & 255}`);
    try {
      for (let item = 0; item < 10_000; item++) {
        many.hosts.setNeighbor(1, address(item), 4, 0x0200, item);
        many.prefixes.set(1, address(item << 4), 96 + 28, 1);
      }
      const all = new TableWriter(large, many, { takesXdp: () => false, isEngineCarried: () => false });
      expect(all.writeDeltas()).toEqual([]);
      expect(large.map(MapName.HOST).dump().count).toBe(10_000);
      expect(large.map(MapName.PREFIX).dump().count).toBe(10_000);
      for (let item = 0; item < 5_000; item++) many.hosts.delete(1, address(item));
      for (let item = 0; item < 5_000; item++) many.prefixes.delete(1, address(item << 4), 96 + 28);
      all.writeDeltas();
      expect([large.map(MapName.HOST).dump().count, large.map(MapName.PREFIX).dump().count]).toEqual([5_000, 5_000]);
    } finally {
      large.close();
    }
  });
});
