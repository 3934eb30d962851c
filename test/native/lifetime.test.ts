import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import {
  BpfLink,
  BpfMap,
  BpfObject,
  interfaceIndex,
  NetlinkSocket,
  PacketSocket,
  RingBuffer,
  TapDevice,
  XskSocket,
} from "../../src/native/index.js";
import { compileBpf, Namespace, openDescriptors, root } from "./lab.js";

const ADDON = fileURLToPath(new URL("../../build/Release/vtepd.node", import.meta.url));

describe.skipIf(!root)("lifetime of handles (needs root)", () => {
  /** Opens and closes the same things `rounds` times; what remains open must not depend on how often. */
  function expectNoLeak(rounds: number, round: () => { close(): void }[]): void {
    const once = () => {
      for (const handle of round()) {
        handle.close();
        handle.close();
      }
    };
    once();
    const before = openDescriptors();
    for (let i = 0; i < rounds; i++) once();
    expect(openDescriptors()).toBe(before);
  }

  it("1 leaks no descriptor over 200 rounds of opening and closing", () => {
    const namespace = new Namespace();
    namespace.veth("va", "vb");
    const netns = namespace.path;
    const ifindex = interfaceIndex("va", netns);
    const bytes = compileBpf("fixture");
    expectNoLeak(200, () => {
      const object = BpfObject.load(bytes, { name: "fixture", programs: ["drop"] });
      const program = object.program("drop");
      const events = object.map("events");
      expect(() => BpfObject.load(new Uint8Array(9), { name: "bad" })).toThrow();
      expect(() => new PacketSocket({ ifindex: 9999, netns })).toThrow();
      expect(program.testRun({ data: new Uint8Array(64), netns }).retval).toBe(1);
      return [
        object,
        program,
        events,
        BpfMap.create({ type: 2, keySize: 4, valueSize: 4, maxEntries: 1 }),
        new RingBuffer(events, () => {}),
        new NetlinkSocket({ netns, groups: [1] }),
        new PacketSocket({ ifindex, netns }),
      ];
    });
    namespace.remove();
  });

  it("2 leaks no descriptor over 20 rounds of what makes the kernel wait", () => {
    const namespace = new Namespace();
    namespace.veth("va", "vb");
    const netns = namespace.path;
    const ifindex = interfaceIndex("va", netns);
    const object = BpfObject.load(compileBpf("fixture"), { name: "fixture", programs: ["drop", "ok"] });
    const drop = object.program("drop");
    const ok = object.program("ok");
    expectNoLeak(20, () => [
      BpfLink.attachXdp(drop, ifindex, { mode: "native", netns }),
      BpfLink.attachClsact(ok, ifindex, { direction: "ingress", netns }),
      new TapDevice({ name: "tap0", netns }),
      new XskSocket({ ifindex, queue: 0, netns, mode: "copy", frameCount: 64, ringSize: 64 }),
    ]);
    for (const handle of [object, drop, ok]) handle.close();
    namespace.remove();
  });

  it("3 lets a worker exit with everything running", async () => {
    const namespace = new Namespace();
    namespace.veth("va", "vb");
    const source = `
      const { parentPort, workerData } = require("node:worker_threads");
      const { netns, bytes, ifindex, addon } = workerData;
      const native = require(addon);
      native.setErrorClass(Error);
      const object = native.BpfObject.load(bytes, { name: "fixture" });
      new native.RingBuffer(object.map("events"), () => {});
      new native.NetlinkSocket({ netns, groups: [1] }).start(() => {}, () => {}, () => {});
      new native.PacketSocket({ ifindex, netns }).start(() => {});
      new native.TapDevice({ name: "tap0", netns }).start(() => {});
      new native.XskSocket({ ifindex, queue: 0, netns, mode: "copy" }).start(() => {});
      object.program("drop").testRunAsync({ data: new Uint8Array(64), repeat: 0, chunk: 1000 });
      parentPort.postMessage("running");
    `;
    const workerData = {
      netns: namespace.path,
      bytes: new Uint8Array(compileBpf("fixture")),
      ifindex: interfaceIndex("va", namespace.path),
      addon: ADDON,
    };
    const before = openDescriptors();
    for (let i = 0; i < 3; i++) {
      const worker = new Worker(source, { eval: true, workerData });
      await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
      expect(await worker.terminate()).toBe(1);
    }
    expect(openDescriptors()).toBe(before);
    expect(() => interfaceIndex("tap0", namespace.path)).toThrow(expect.objectContaining({ code: "ENODEV" }));
    namespace.remove();
  });
});
