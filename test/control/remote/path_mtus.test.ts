import { describe, expect, it } from "vitest";
import { PathMtus } from "../../../src/control/remote/path_mtus.js";
import type { UnderlayPath } from "../../../src/control/underlay/index.js";
import { buildTables } from "../../corpus/given.js";
import { lab, V3 } from "../../corpus/lab.js";
import { FakeClock } from "../vtep/lab.js";
import { needsFragments } from "./router_errors.js";

const MINUTE = 60_000;
const V2_ID = 1;
const V3_ID = 2;

/** `mtus`: of the legs of every path. */
function setUp(mtus: readonly number[] = [9000]) {
  const { tables, names } = buildTables(lab());
  const clock = new FakeClock();
  const events: Record<string, unknown>[] = [];
  let changes = 0;
  const legs = mtus.map((mtu) => ({ interface: "up0", ifindex: 1, via: "", mac: null, sourceMac: "", mtu, weight: 1 }));
  const path: UnderlayPath = { legs };
  const pathMtus = new PathMtus(
    tables,
    clock,
    (kind, objects) => events.push({ kind, ...objects }),
    { addressOf: (vtep) => names.vteps[vtep]!, pathOf: () => path },
    () => {
      changes += 1;
    },
  );
  tables.deltas.vteps.clear();
  const mtuOf = (vtep: number): number => tables.vteps.pathMtuBytes[vtep]!;
  return { tables, clock, events, pathMtus, mtuOf, changes: () => changes };
}

describe("PathMtus", () => {
  it("writes what a router says into the tables, for that VTEP alone, and tells", () => {
    const { pathMtus, mtuOf, events, tables, changes } = setUp();
    pathMtus.receive(needsFragments({ mtu: 1400 }));
    expect([mtuOf(V2_ID), mtuOf(V3_ID)]).toEqual([1400, 0]);
    expect(events).toEqual([{ kind: "path_mtu_learned", vtep: "v2", mtu: 1400 }]);
    expect([...tables.deltas.vteps]).toEqual([V2_ID]);
    expect(changes()).toBe(1);
  });

  it("believes smaller values, and tells nothing of equal and larger ones", () => {
    const { pathMtus, mtuOf, events } = setUp();
    for (const mtu of [1400, 1400, 1450, 1300, 1399]) pathMtus.receive(needsFragments({ mtu }));
    expect(mtuOf(V2_ID)).toBe(1300);
    expect(events.map(({ mtu }) => mtu)).toEqual([1400, 1300]);
    expect(pathMtus.ignored).toBe(0);
  });

  it("learns nothing that no link on the path says already", () => {
    const { pathMtus, mtuOf } = setUp([1400, 1300]);
    pathMtus.receive(needsFragments({ mtu: 1400 }));
    expect(mtuOf(V2_ID)).toBe(0);
    pathMtus.receive(needsFragments({ mtu: 1399 }));
    expect(mtuOf(V2_ID)).toBe(1399);
  });

  it("forgets after ten minutes, and then learns anew", () => {
    const { pathMtus, mtuOf, clock, events, changes } = setUp();
    pathMtus.receive(needsFragments());
    clock.advance(10 * MINUTE - 1);
    expect(mtuOf(V2_ID)).toBe(1400);
    clock.advance(1);
    expect(mtuOf(V2_ID)).toBe(0);
    expect(events.at(-1)).toEqual({ kind: "path_mtu_expired", vtep: "v2" });
    expect(changes()).toBe(2);
    pathMtus.receive(needsFragments());
    expect(mtuOf(V2_ID)).toBe(1400);
  });

  it("counts the ten minutes of each VTEP from its last news", () => {
    const { pathMtus, mtuOf, clock } = setUp();
    pathMtus.receive(needsFragments({ mtu: 1400 }));
    pathMtus.receive(needsFragments({ mtu: 1400, to: V3 }));
    clock.advance(6 * MINUTE);
    pathMtus.receive(needsFragments({ mtu: 1300 }));
    // Packets on their way earn the same again: no news.
    pathMtus.receive(needsFragments({ mtu: 1400, to: V3 }));
    clock.advance(4 * MINUTE);
    expect([mtuOf(V2_ID), mtuOf(V3_ID)]).toEqual([1300, 0]);
    clock.advance(6 * MINUTE);
    expect(mtuOf(V2_ID)).toBe(0);
  });

  it("counts and tells what cannot be true, and is silent about other traffic of the host", () => {
    const { pathMtus, events, mtuOf, changes } = setUp();
    pathMtus.receive(needsFragments({ vni: 999 }));
    pathMtus.receive(needsFragments({ ports: [80, 4789] }));
    pathMtus.receive(needsFragments({ ports: [50000, 53] }));
    expect(pathMtus.ignored).toBe(2);
    expect(events).toEqual([
      { kind: "path_mtu_ignored", why: "unknown_vni" },
      { kind: "path_mtu_ignored", why: "source_port_not_ours" },
    ]);
    expect([mtuOf(V2_ID), changes()]).toEqual([0, 0]);
  });

  it("leaves a VTEP that got the number of a former one alone", () => {
    const { pathMtus, mtuOf, tables, clock, events } = setUp();
    pathMtus.receive(needsFragments());
    tables.vteps.clear(V2_ID);
    expect(mtuOf(V2_ID)).toBe(0);
    clock.advance(11 * MINUTE);
    expect(events.map(({ kind }) => kind)).toEqual(["path_mtu_learned"]);
  });

  it("does nothing more once it is closed", () => {
    const { pathMtus, mtuOf, clock } = setUp();
    pathMtus.receive(needsFragments());
    pathMtus.close();
    clock.advance(11 * MINUTE);
    expect(mtuOf(V2_ID)).toBe(1400);
  });
});
