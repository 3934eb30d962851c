// Flood lists in the map: a member keeps its place, changes are small, and where there is no room the engine floods.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BdLayout, FloodPart, Limit } from "../../src/abi/generated.js";
import { TableWriter } from "../../src/dataplane/ebpf/apply.js";
import { Programs } from "../../src/dataplane/ebpf/load.js";
import { encodeIndex, MapName, mapValue } from "../../src/dataplane/ebpf/maps.js";
import { Tables } from "../../src/tables/tables.js";
import { emptyMap } from "./empty_map.js";
import { NEEDS_ROOT, root } from "./harness.js";
import { testObjects } from "./objects.js";

const BD = 3;
const PARTS = 6;
const onRoot = it.skipIf(!root);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

describe(`flood lists (${NEEDS_ROOT})`, () => {
  let programs: Programs;
  let tables: Tables;
  let writer: TableWriter;

  beforeAll(() => {
    if (root) programs = Programs.load(testObjects(), { [MapName.FDB]: 8, [MapName.FLOOD]: PARTS });
  });

  afterAll(() => programs?.close());

  beforeEach(() => {
    if (!root) return;
    for (const name of Object.values(MapName)) emptyMap(programs.map(name));
    tables = new Tables();
    tables.bridgeDomains.set(BD, 100, 0, 0, 0);
    writer = new TableWriter(programs, tables, { takesXdp: () => false, isEngineCarried: () => false });
  });

  /** Members by place; undefined where there is no such part. */
  function part(number: number): number[] | undefined {
    const key = mapValue(4, (view) => {
      view.setUint16(0, BD, true);
      view.setUint16(2, number, true);
    });
    const value = programs.map(MapName.FLOOD).lookup(key);
    return value && range(0, Limit.FLOOD_MEMBERS).map((at) => value[at * 2]! | (value[at * 2 + 1]! << 8));
  }

  const vtepPart = (number: number) => part(FloodPart.FIRST_VTEP + number);

  /** What the domain's entry says: parts of the ports, and of the VTEPs. */
  function parts(): [ports: number, vteps: number] {
    const value = programs.map(MapName.BD).lookup(encodeIndex(BD))!;
    const view = new DataView(value.buffer, value.byteOffset);
    return [view.getUint16(BdLayout.floodPortParts, true), view.getUint16(BdLayout.floodVtepParts, true)];
  }

  function flood(ports: readonly number[], vteps: readonly number[]): string[] {
    tables.bridgeDomains.setFloodPorts(BD, ports);
    tables.bridgeDomains.setFloodVteps(BD, vteps);
    return writer.writeDeltas().map(({ item, status }) => `${item}: ${status}`);
  }

  onRoot("an empty list is one, and not none", () => {
    expect(parts()).toEqual([0, 0]);
    expect(flood([], [])).toEqual([]);
    expect(parts()).toEqual([1, 1]);
    expect([part(0), vtepPart(0)]).toEqual([Array(32).fill(0), Array(32).fill(0)]);
  });

  onRoot("who stays keeps its place, and who comes takes the place of who has gone", () => {
    flood([1, 2, 3], [11, 12]);
    expect(part(0)!.slice(0, 4)).toEqual([1, 2, 3, 0]);
    flood([1, 3], [11, 12]);
    expect(part(0)!.slice(0, 4)).toEqual([1, 0, 3, 0]);
    flood([3, 4, 1, 5], [11, 12]);
    expect(part(0)!.slice(0, 5)).toEqual([1, 4, 3, 5, 0]);
    expect(vtepPart(0)!.slice(0, 3)).toEqual([11, 12, 0]);
  });

  onRoot("a list grows and shrinks by parts, and leaves none behind", () => {
    flood([1], range(1, 71));
    expect(parts()).toEqual([1, 3]);
    expect([vtepPart(0)![0], vtepPart(1)![0], vtepPart(2)!.slice(4, 7)]).toEqual([1, 33, [69, 70, 0]]);
    flood([1], range(1, 33));
    expect(parts()).toEqual([1, 1]);
    expect([vtepPart(1), vtepPart(2)]).toEqual([undefined, undefined]);
    flood([1], range(1, 34));
    expect([parts(), vtepPart(1)!.slice(0, 2)]).toEqual([
      [1, 2],
      [33, 0],
    ]);
    flood([], []);
    expect(programs.map(MapName.FLOOD).dump().count).toBe(2);
  });

  onRoot("where there is no room the engine floods, until there is", () => {
    const many = range(1, 1 + 32 * PARTS);
    expect(flood([1], many)).toEqual([`flood list ${BD}: retry`]);
    expect(parts()).toEqual([0, 0]);
    expect(tables.deltas.bridgeDomains.has(BD)).toBe(true);
    expect(flood([1], range(1, 40))).toEqual([]);
    expect(parts()).toEqual([1, 2]);
    expect(vtepPart(1)!.filter((member) => member !== 0)).toEqual(range(33, 40));
    expect(programs.map(MapName.FLOOD).dump().count).toBe(3);
  });

  onRoot("a new writer begins with what the tables have", () => {
    flood([1, 2], [7]);
    const next = new TableWriter(programs, tables, { takesXdp: () => false, isEngineCarried: () => false });
    expect(next.writeAll()).toEqual([]);
    expect([parts(), part(0)!.slice(0, 3)]).toEqual([
      [1, 1],
      [1, 2, 0],
    ]);
  });
});
