import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Generator } from "../../bench/datapath/generator.mjs";
import { Sink } from "../../bench/datapath/sink.mjs";
import { macs, noVtep } from "../../bench/datapath/topology.mjs";
import { arrivalOf, plain } from "../../bench/datapath/traffic.mjs";
import { runCommands } from "../../src/lab/command.js";
import { Instance } from "../../src/lab/instance.js";
import { plan } from "../../src/lab/plan.js";
import type { Lab } from "../../src/lab/topology.js";

const root = process.getuid?.() === 0;
const FRAME_BYTES = 60;
/** So few that they pass in one go, whatever else the machine does. */
const FRAMES = 1024;

describe.skipIf(!root)("packet generator and sink (needs root)", () => {
  const lab = { ...(noVtep() as Lab), name: "bench-test" };
  let instance: Instance;

  beforeEach(async () => {
    instance = Instance.create(lab.name, "kernel", false);
    const { namespaceOf } = instance;
    await runCommands(plan(lab, { namespaceOf, dot1qObject: "" }), namespaceOf);
  });

  afterEach(() => instance.remove());

  function ends(kind: "xdp" | "tc", expectedBytes: number) {
    const { namespaceOf } = instance;
    const ours = { from: macs.host, to: macs.far };
    const arrival = arrivalOf(plain({ ...ours, bytes: expectedBytes }));
    const sink = new Sink({ namespace: namespaceOf("far"), interfaceName: "s0", arrival, kind });
    const traffic = plain({ ...ours, bytes: FRAME_BYTES });
    const generator = new Generator({ namespace: namespaceOf("host"), interfaceName: "a0", traffic, cpu: 0 });
    return { generator, sink };
  }

  it.each(["xdp", "tc"] as const)("count the same frames on an idle path, sink by %s", async (kind) => {
    const { generator, sink } = ends(kind, FRAME_BYTES);
    generator.start(FRAMES);
    await generator.finish();
    await expect.poll(() => sink.counts().frames).toBe(FRAMES);
    expect(generator.generated).toBe(FRAMES);
    expect(sink.counts().others).toBe(0);
    generator.close();
    sink.close();
  });

  it("do not take a frame for one that should have arrived when its length is another", async () => {
    const { generator, sink } = ends("xdp", FRAME_BYTES + 50);
    generator.start(FRAMES);
    await generator.finish();
    await expect.poll(() => sink.counts().others).toBe(FRAMES);
    expect(sink.counts().frames).toBe(0);
    generator.close();
    sink.close();
  });

  it("stop in the middle of an endless run", async () => {
    const { generator, sink } = ends("xdp", FRAME_BYTES);
    generator.start();
    await expect.poll(() => sink.counts().frames).toBeGreaterThan(FRAMES);
    await generator.stop();
    generator.close();
    sink.close();
  });
});
