import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BpfObject, BpfProgram } from "../../src/native/index.js";
import { compileBpf, Namespace, root } from "./lab.js";

describe.skipIf(!root)("BpfProgram (needs root)", () => {
  let object: BpfObject;
  beforeAll(() => {
    object = BpfObject.load(compileBpf("fixture"), { name: "fixture" });
  });
  afterAll(() => object.close());

  it("1 runs on bytes and returns verdict and changed bytes", () => {
    const program = object.program("mark");
    const result = program.testRun({ data: new Uint8Array(64).fill(1), repeat: 3 });
    expect(result.retval).toBe(2);
    expect(result.data.length).toBe(64);
    expect([...result.data.subarray(0, 2)]).toEqual([0xab, 1]);
    expect(() => program.testRun({ data: new Uint8Array(3) })).toThrow(expect.objectContaining({ code: "EINVAL" }));
    program.close();
  });

  it("2 takes and returns a context, in another namespace", () => {
    const namespace = new Namespace();
    const program = object.program("mark");
    // struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; lo has index 1.
    const ctx = new Uint32Array([0, 64, 0, 1, 0, 0]);
    const result = program.testRun({
      data: new Uint8Array(64),
      ctx: new Uint8Array(ctx.buffer),
      ctxOutSize: 24,
      netns: namespace.path,
    });
    expect(result.retval).toBe(2);
    expect(new Uint32Array(result.ctx.buffer, 0, 4)[3]).toBe(1);
    program.close();
    namespace.remove();
  });

  it("3 generates live frames on a thread, a bounded number or until stopped", async () => {
    const namespace = new Namespace();
    const program = object.program("drop");
    const run = {
      data: new Uint8Array(64),
      liveFrames: true,
      batchSize: 64,
      netns: namespace.path,
      cpu: 0,
      chunk: 1000,
    };
    const bounded = await program.testRunAsync({ ...run, repeat: 2500 }).done;
    expect(bounded.repetitions).toBe(2500);
    expect(bounded.cpuNs).toBeGreaterThan(0n);
    const endless = program.testRunAsync(run);
    program.close(); // the run has a reference of its own
    endless.stop();
    endless.stop();
    expect((await endless.done).repetitions % 1000).toBe(0);
    namespace.remove();
  });

  it("4 reports a failure on the thread as a rejection", async () => {
    const program = object.program("drop");
    const failing = program.testRunAsync({ data: new Uint8Array(64), liveFrames: true, batchSize: 100_000 });
    await expect(failing.done).rejects.toMatchObject({ name: "NativeError", code: "E2BIG" });
    expect(() => BpfProgram.openPinned("/nowhere")).toThrow(expect.objectContaining({ code: "ENOENT" }));
    program.close();
  });
});
