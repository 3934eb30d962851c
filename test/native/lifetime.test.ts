import { spawnSync } from "node:child_process";
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

  function startedThread(netns: string): NetlinkSocket {
    const socket = new NetlinkSocket({ netns, groups: [1], thread: true });
    const ignore = () => {};
    socket.start(ignore, ignore, ignore);
    return socket;
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
        startedThread(netns),
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
      new native.NetlinkSocket({ netns, groups: [1], thread: true }).start(() => {}, () => {}, () => {});
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

  it("4 moves and binds a thread without the others", async () => {
    const namespace = new Namespace();
    namespace.veth("va", "vb");
    const source = `
      const { parentPort, workerData } = require("node:worker_threads");
      const native = require(workerData.addon);
      native.setErrorClass(Error);
      native.enterNetns(workerData.netns);
      native.setAffinity(0);
      const status = require("node:fs").readFileSync("/proc/thread-self/status", "utf8");
      parentPort.postMessage({ name: native.interfaceName(workerData.ifindex), cpus: /Cpus_allowed_list:\\s*(.*)/.exec(status)[1] });
    `;
    const ifindex = interfaceIndex("va", namespace.path);
    const worker = new Worker(source, { eval: true, workerData: { netns: namespace.path, ifindex, addon: ADDON } });
    const answer = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    expect(answer).toEqual({ name: "va", cpus: "0" });
    expect(() => interfaceIndex("va")).toThrow(expect.objectContaining({ code: "ENODEV" }));
    await worker.terminate();
    namespace.remove();
  });

  it("5 closes forgotten handles by the garbage collector, and lets the process exit with running ones", () => {
    const script = `
      const native = require(${JSON.stringify(ADDON)});
      native.setErrorClass(Error);
      const count = () => require("node:fs").readdirSync("/proc/self/fd").length;
      const before = count();
      for (let i = 0; i < 50; i++) new native.NetlinkSocket({});
      const running = [new native.NetlinkSocket({ groups: [1] }), new native.PacketSocket({ ifindex: 1 })];
      running[0].start(() => {}, () => {}, () => {});
      running[1].start(() => {});
      gc();
      setImmediate(() => {
        console.log(count() - before);
        process.exit(7);
      });
    `;
    const child = spawnSync(process.execPath, ["--expose-gc", "-e", script], { encoding: "utf8" });
    expect({ status: child.status, stderr: child.stderr }).toEqual({ status: 7, stderr: "" });
    // The two that run, and what libuv opened to poll them.
    expect(Number(child.stdout)).toBeLessThan(10);
  });

  it("6 makes an exception in a callback an uncaught one", () => {
    const script = `
      const native = require(${JSON.stringify(ADDON)});
      native.setErrorClass(Error);
      const socket = new native.NetlinkSocket({});
      process.once("uncaughtException", (error) => {
        console.log(error.message);
        socket.close();
      });
      socket.start(() => { throw new Error("thrown by the callback"); }, () => {}, () => {});
      const request = Buffer.alloc(32);
      request.writeUInt32LE(32, 0);
      request.writeUInt16LE(18, 4);
      request.writeUInt16LE(1, 6);
      request.writeInt32LE(1, 20);
      socket.send(request);
    `;
    const child = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
    expect({ status: child.status, stdout: child.stdout }).toEqual({ status: 0, stdout: "thrown by the callback\n" });
  });
});
