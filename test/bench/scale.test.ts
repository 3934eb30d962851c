import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { problemOf } from "../../bench/datapath/arrived.mjs";
import { sampleScale } from "../../bench/datapath/forwarding.mjs";
import { macScale, vniScale, vtepScale } from "../../bench/datapath/scale.mjs";
import { macOf, withEntries } from "../../bench/datapath/scale_fill.mjs";
import { scaleRows } from "../../bench/rows/scale.mjs";
import { parseConfig } from "../../src/config/load.js";

const root = process.getuid?.() === 0;
const CONFIG = { vtep: { address: "10.0.0.1", underlay: ["u0"] }, bridgeDomains: [{ name: "red", vni: 100 }] };
const remote = (fdb: object[]) => ({ ...CONFIG, control: { mode: "static", static: { fdb } }, api: {} });
const entry = (number: number) => ({ bridgeDomain: "red", mac: macOf(number), vtep: "10.0.0.2" });

describe("entries of a scale", () => {
  it("are numbered MACs", () => {
    expect([macOf(0), macOf(0x0fedcb)]).toEqual(["02:10:00:00:00:00", "02:10:00:0f:ed:cb"]);
  });

  it.each([
    ["no entries", []],
    ["entries", [entry(7), entry(8)]],
  ])("stand in the config in place of %s", (_, fdb) => {
    const text = withEntries(stringify(remote(fdb)), [entry(1), entry(2), entry(3)]);
    const result = parseConfig(text, "test.yaml");
    expect(result.ok ? result.config.control.static.fdb : result.problems).toEqual([entry(1), entry(2), entry(3)]);
  });
});

describe("what arrives of a scale", () => {
  const { encap } = vtepScale(1000).runs();
  const numbered = (number: number, vtep: number) => {
    const frame = Buffer.from(encap.arrives.frame);
    frame.writeUInt32BE(number, encap.arrives.share.numberAt);
    frame.writeUInt16BE(vtep, encap.arrives.share.groupAt);
    return frame;
  };

  it("goes to the VTEP of its MAC", () => {
    expect(problemOf([numbered(0, 1), numbered(999, 1000)], encap.arrives)).toBeUndefined();
    expect(problemOf([numbered(5, 5)], encap.arrives)).toContain("not as it should be");
    expect(problemOf([numbered(1000, 1001)], encap.arrives)).toContain("not as it should be");
  });

  it("is drawn by the generator as it is checked", () => {
    for (const scale of [macScale(1000), vtepScale(100), vniScale(10)]) {
      for (const { traffic, arrives } of Object.values(scale.runs("ebpf"))) {
        const { draw } = traffic;
        expect([draw.numbers, draw.groups]).toEqual([arrives.share.numbers, arrives.share.groups]);
        expect(draw.numbers % draw.groups).toBe(0);
        for (const at of [draw.numberAt + 4, (draw.groupAt ?? 0) + 2, (draw.balanceAt ?? 0) + 2]) {
          expect(at).toBeLessThanOrEqual(traffic.words * 8);
        }
      }
    }
  });
});

describe("rows of a scale", () => {
  it("plan for the time that filling takes, and leave out the largest where it has to be quick", () => {
    const [macs] = scaleRows;
    const all = macs.plan({ rounds: 2, seconds: 1, quick: false });
    const few = macs.plan({ rounds: 2, seconds: 1, quick: true });
    expect([all.samples, few.samples]).toEqual([24, 12]);
    expect(all.seconds).toBeGreaterThan(few.seconds);
  });
});

describe.skipIf(!root)("subjects of a scale (needs root)", () => {
  it.each(["kernel", "tc"])("%s sends each frame by its VNI", async (subject) => {
    const { runs } = await sampleScale({ scale: vniScale(10), subject, cpu: 0, seconds: 0.1 });
    for (const { frames } of Object.values(runs) as { frames: number }[]) expect(frames).toBeGreaterThan(0);
  });

  it("xdp sends each frame to its VTEP", async () => {
    const { runs } = await sampleScale({ scale: vtepScale(10), subject: "xdp", cpu: 0, seconds: 0.1 });
    for (const { frames } of Object.values(runs) as { frames: number }[]) expect(frames).toBeGreaterThan(0);
  });
});
