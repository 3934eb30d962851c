import { afterEach, describe, expect, it } from "vitest";
import { numberedMac } from "../../bench/bgp/routes.mjs";
import { sampleBurst } from "../../bench/control/burst.mjs";
import { DaemonMap } from "../../bench/control/daemon_map.mjs";
import { fill } from "../../bench/control/fill.mjs";
import { withLeaf } from "../../bench/control/leaf.mjs";
import { sampleMoves } from "../../bench/control/moves.mjs";
import { VNI, VTEPS } from "../../bench/control/topology.mjs";
import { probesOf } from "../../bench/control/watch.mjs";
import { macText } from "../../bench/frames.mjs";
import { BpfMap } from "../../src/native/index.js";
import { frrTitled, frrUnavailable } from "../control/frr/fabric.js";

const root = process.getuid?.() === 0;
const HASH = 1;
const NO_PREALLOC = 1;

describe("probes of the bench", () => {
  it.each([1, 2, 64, 65, 1000, 100_000])("of %i MACs are evenly spread, and never too many", (count) => {
    const { stride, probes, numbers } = probesOf(count);
    expect(probes).toBe(numbers.length);
    expect(probes).toBeLessThanOrEqual(64);
    expect(probes).toBeGreaterThanOrEqual(Math.min(count, 32));
    expect(numbers.every((number: number, at: number) => number === at * stride && number < count)).toBe(true);
  });
});

describe.skipIf(!root)("a daemon's map from outside (needs root)", () => {
  const sizes = { keySize: 8, valueSize: 8, maxEntries: 100, flags: NO_PREALLOC };
  const map = root ? BpfMap.create({ type: HASH, ...sizes, name: "bench_test" }) : undefined;
  afterEach(() => map?.close());

  it("says how full it is", async () => {
    const key = (number: number) => Uint8Array.of(number, 0, 0, 0, 0, 0, 0, 0);
    map?.update(key(1), new Uint8Array(8));
    const seen = await DaemonMap.open(process.pid, "bench_test");
    expect(seen.count).toBe(1);
    for (const number of [2, 3, 4]) map?.update(key(number), new Uint8Array(8));
    map?.delete(key(1));
    expect(seen.count).toBe(3);
    expect(seen.look()).toBe(3);
    seen.close();
    await expect(DaemonMap.open(process.pid, "no_such_map")).rejects.toThrow("no map");
  });
});

describe.skipIf(frrUnavailable !== null)(frrTitled("control plane rows of the bench"), () => {
  it("tell FRR of MACs and prefixes, take them back, and find all of both in the kernel", async () => {
    for (const load of ["macs", "prefixes"]) {
      const { filled, emptied, counts } = await sampleBurst({ kind: "kernel-vtep", load, count: 100 });
      expect(counts).toEqual({ kernel: 100 });
      for (const { messages } of [filled, emptied]) expect(Math.min(...messages)).toBeGreaterThanOrEqual(100);
    }
  });

  it("make MACs sticky, and newer than others, in the eyes of zebra", async () => {
    await withLeaf({ kind: "kernel-vtep" }, async (leaf, speaker) => {
      const mac = (first: number, more: object) => ({
        kind: "macs",
        vtep: VTEPS[0],
        vni: VNI,
        first,
        count: 1,
        ...more,
      });
      await fill(leaf, speaker, [mac(0, {}), mac(1, { sticky: true }), mac(2, { sequence: 7 })]);
      const shown = await Promise.all(
        [0, 1, 2].map((number) =>
          leaf.context.frr.get("leaf")?.vtysh(`show evpn mac vni ${VNI} mac ${macText(numberedMac(number))}`),
        ),
      );
      for (const text of shown) expect(text).toContain(`Remote VTEP: ${VTEPS[0]}`);
      expect(shown.map((text) => /Sticky/.test(text ?? ""))).toEqual([false, true, false]);
      expect(shown.map((text) => /Remote Seq: (\d+)/.exec(text ?? "")?.[1])).toEqual(["0", "0", "7"]);
    });
  });

  it("see each MAC's frames change their way", async () => {
    const cases = [
      { count: 1, times: 1 },
      { count: 5, times: 1 },
    ];
    const results = await sampleMoves({ kind: "kernel-vtep", present: 5, cases });
    expect(results.map(({ observed }) => observed.map(({ rightMs }) => rightMs.length))).toEqual([
      [1, 1],
      [5, 5],
    ]);
  });
});
