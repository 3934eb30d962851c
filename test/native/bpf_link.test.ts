import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  BpfLink,
  BpfMap,
  BpfObject,
  BpfProgram,
  interfaceIndex,
  NativeError,
  probeTcx,
} from "../../src/native/index.js";
import { compileBpf, ip, Namespace, root } from "./lab.js";

describe.skipIf(!root)("BpfLink (needs root)", () => {
  let namespace: Namespace;
  let object: BpfObject;
  let ifindex: number;
  beforeAll(() => {
    object = BpfObject.load(compileBpf("fixture"), { name: "fixture" });
  });
  afterAll(() => object.close());
  beforeEach(() => {
    namespace = new Namespace();
    namespace.veth("va", "vb");
    ifindex = interfaceIndex("va", namespace.path);
  });
  afterEach(() => namespace.remove());

  function filters(): string {
    return execFileSync("tc", ["-n", namespace.name, "filter", "show", "dev", "va", "ingress"], { encoding: "utf8" });
  }
  function qdiscs(): string {
    return execFileSync("tc", ["-n", namespace.name, "qdisc", "show", "dev", "va"], { encoding: "utf8" });
  }

  it.each(["native", "generic"] as const)("1 attaches XDP in %s mode, replaces it, and detaches at close", (mode) => {
    const link = BpfLink.attachXdp(object.program("drop"), ifindex, { mode, netns: namespace.path });
    expect(link.kind).toBe("xdp");
    expect(link.info()).toMatchObject({ ifindex, programId: object.program("drop").id });
    expect(namespace.ip("link", "show", "va")).toContain(mode === "native" ? "xdp" : "xdpgeneric");
    link.update(object.program("mark"));
    expect(link.info().programId).toBe(object.program("mark").id);
    expect(() => BpfLink.attachXdp(object.program("drop"), ifindex, { mode, netns: namespace.path })).toThrow(
      NativeError,
    );
    link.close();
    link.close();
    expect(namespace.ip("link", "show", "va")).not.toContain("xdp");
    expect(() => link.info()).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  it("2 attaches by TCX in both directions", (ctx) => {
    if (!probeTcx()) ctx.skip("needs TCX (kernel 6.6)");
    for (const direction of ["ingress", "egress"] as const) {
      const link = BpfLink.attachTcx(object.program("ok"), ifindex, { direction, netns: namespace.path });
      expect(link.info()).toMatchObject({ ifindex, programId: object.program("ok").id });
      link.update(object.program("shot"));
      expect(link.info().programId).toBe(object.program("shot").id);
      link.close();
    }
  });

  it("3 attaches by clsact, and takes away the qdisc only if it made it and nobody else uses it", () => {
    const options = { direction: "ingress", priority: 5, handle: 1, netns: namespace.path } as const;
    const link = BpfLink.attachClsact(object.program("ok"), ifindex, options);
    expect(filters()).toContain("pref 5");
    expect(link.info()).toMatchObject({ ifindex, programId: object.program("ok").id, id: 0 });
    link.update(object.program("shot"));
    expect(link.info().programId).toBe(object.program("shot").id);
    const other = BpfLink.attachClsact(object.program("ok"), ifindex, { ...options, direction: "egress" });
    link.close();
    link.close();
    expect(filters()).toBe("");
    expect(qdiscs()).toContain("clsact");
    other.close();

    const alone = BpfLink.attachClsact(object.program("ok"), ifindex, { direction: "ingress", netns: namespace.path });
    execFileSync("tc", ["-n", namespace.name, "qdisc", "del", "dev", "va", "clsact"]);
    alone.close();
    const maker = BpfLink.attachClsact(object.program("ok"), ifindex, { direction: "egress", netns: namespace.path });
    maker.close();
    expect(qdiscs()).not.toContain("clsact");
  });

  it("4 reports what it tried", () => {
    const missing = () => BpfLink.attachXdp(object.program("drop"), 9999, { mode: "native", netns: namespace.path });
    expect(missing).toThrow(/attach XDP program drop in native mode to interface 9999/);
    const wrongType = () => BpfLink.attachXdp(object.program("ok"), ifindex, { mode: "native", netns: namespace.path });
    expect(wrongType).toThrow(expect.objectContaining({ code: "EINVAL", syscall: "bpf(BPF_LINK_CREATE)" }));
    const nowhere = () => BpfLink.attachXdp(object.program("drop"), 1, { mode: "native", netns: "/run/netns/none" });
    expect(nowhere).toThrow(/open network namespace/);
  });

  it("5 survives the removal of its interface", () => {
    const link = BpfLink.attachXdp(object.program("drop"), ifindex, { mode: "native", netns: namespace.path });
    const filter = BpfLink.attachClsact(object.program("ok"), ifindex, { direction: "ingress", netns: namespace.path });
    ip("-n", namespace.name, "link", "del", "va");
    expect(link.info().ifindex).toBe(0);
    link.close();
    filter.close();
  });

  describe("pinned in a bpffs", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "vtepd-bpffs-"));
      execFileSync("mount", ["-t", "bpf", "bpf", folder]);
    });
    afterEach(() => {
      execFileSync("umount", [folder]);
      rmdirSync(folder);
    });

    it("6 keeps a link, a map and a program", () => {
      const link = BpfLink.attachXdp(object.program("drop"), ifindex, { mode: "native", netns: namespace.path });
      const id = link.info().id;
      link.pin(join(folder, "link"));
      link.close();
      expect(namespace.ip("link", "show", "va")).toContain("xdp");
      const again = BpfLink.openPinned(join(folder, "link"));
      expect(again.info()).toMatchObject({ id, ifindex });
      again.update(object.program("mark"));
      again.unpin();
      again.close();
      expect(existsSync(join(folder, "link"))).toBe(false);
      expect(namespace.ip("link", "show", "va")).not.toContain("xdp");

      object.map("table").pin(join(folder, "table"));
      const map = BpfMap.openPinned(join(folder, "table"));
      expect(map).toMatchObject({ name: "table", keySize: 4, valueSize: 8, maxEntries: 20000 });
      expect(map.id).toBe(object.map("table").id);
      map.close();

      object.program("ok").pin(join(folder, "ok"));
      const program = BpfProgram.openPinned(join(folder, "ok"));
      expect(program).toMatchObject({ name: "ok", id: object.program("ok").id });
      program.close();
      expect(() => BpfLink.openPinned(join(folder, "ok"))).toThrow(/not a link/);
      expect(() => BpfMap.openPinned(join(folder, "ok"))).toThrow(/not a map/);
      expect(() => BpfProgram.openPinned(join(folder, "table"))).toThrow(/not a prog/);
      expect(() => BpfLink.openPinned(join(folder, "none"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
    });

    it("7 keeps a clsact filter by its program; the next start replaces it", () => {
      const options = { direction: "ingress", priority: 7, handle: 3, netns: namespace.path } as const;
      const link = BpfLink.attachClsact(object.program("ok"), ifindex, options);
      link.pin(join(folder, "filter"));
      link.close();
      expect(filters()).toContain("handle 0x3");
      const next = BpfLink.attachClsact(object.program("shot"), ifindex, options);
      expect(next.info().programId).toBe(object.program("shot").id);
      next.close();
      expect(filters()).toBe("");
    });
  });
});
