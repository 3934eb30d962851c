// An eBPF map that is not what the tables say is noticed, entry by entry.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FdbFlag, FdbKind } from "../../src/abi/generated.js";
import { TableWriter } from "../../src/dataplane/ebpf/apply.js";
import { fdbDifferences } from "../../src/dataplane/ebpf/fdb_differences.js";
import { Programs } from "../../src/dataplane/ebpf/load.js";
import { MapName, writeFdbKey } from "../../src/dataplane/ebpf/maps.js";
import { Tables } from "../../src/tables/tables.js";
import { emptyMap } from "./empty_map.js";
import { root } from "./harness.js";
import { testObjects } from "./objects.js";

const onRoot = it.skipIf(!root);

describe("the FDB map against the table", () => {
  let programs: Programs;
  let tables: Tables;
  let writer: TableWriter;

  beforeAll(() => {
    if (root) programs = Programs.load(testObjects(), { [MapName.FDB]: 8 });
  });
  afterAll(() => programs?.close());
  beforeEach(() => {
    if (!root) return;
    for (const name of Object.values(MapName)) emptyMap(programs.map(name));
    tables = new Tables();
    writer = new TableWriter(programs, tables, { takesXdp: () => false, isEngineCarried: () => false });
    tables.fdb.set(1, 0x0200, 1, FdbKind.REMOTE, 7, FdbFlag.EVPN, 5);
    tables.fdb.set(1, 0x0200, -1, FdbKind.LOCAL, 3, 0, 5);
    writer.writeDeltas();
  });

  const found = () => [...fdbDifferences(programs.map(MapName.FDB), tables)].filter((one) => one !== undefined);
  const key = (bd: number, hi: number, lo: number) => {
    const bytes = new Uint8Array(8);
    writeFdbKey(new DataView(bytes.buffer), 0, (bd << 16) | hi, lo);
    return bytes;
  };

  onRoot("agrees after it was written, whatever the time stamps", () => {
    tables.fdb.touchAt(tables.fdb.find(1, 0x0200, 1), 99);
    expect(found()).toEqual([]);
  });

  onRoot("lacks, has too much, or says another thing, and is brought in line by a write of the key", () => {
    const map = programs.map(MapName.FDB);
    const other = map.lookup(key(1, 0x0200, 1))!;
    map.delete(key(1, 0x0200, 1));
    map.update(key(2, 0x0200, 2), other);
    map.update(key(1, 0x0200, -1), other);
    const byMac = [...found()].sort((a, b) => a.lo - b.lo);
    expect(byMac).toEqual([
      { bd: 1, hi: 0x0200, lo: -1, dataPath: "VTEP 7" },
      { bd: 1, hi: 0x0200, lo: 1, dataPath: null },
      { bd: 2, hi: 0x0200, lo: 2, dataPath: "VTEP 7" },
    ]);
    for (const { bd, hi, lo } of byMac) tables.deltas.fdb.push((bd << 16) | hi, lo);
    writer.writeDeltas();
    expect(found()).toEqual([]);
  });

  onRoot("does not take for a difference what changed on both sides meanwhile", () => {
    const steps = fdbDifferences(programs.map(MapName.FDB), tables);
    // The snapshot is taken with the first step; one of two entries is still to be compared then.
    expect(steps.next().value).toBeUndefined();
    tables.fdb.set(1, 0x0200, 1, FdbKind.REMOTE, 8, FdbFlag.EVPN, 5);
    tables.fdb.set(1, 0x0200, -1, FdbKind.LOCAL, 4, 0, 5);
    writer.writeDeltas();
    expect([...steps].filter((one) => one !== undefined)).toEqual([]);
  });
});
