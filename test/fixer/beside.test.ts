// Beside what others have put on the interface, and pinned; by clsact where the kernel has no TCX (before 6.6).
import { existsSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { detachFixer, showFixers } from "../../src/fixer/index.js";
import { BpfLink, type BpfObject, findBpffs } from "../../src/native/index.js";
import { mayMakeNamespaces, until, within } from "../dataplane/namespaces.js";
import { Receiver, watchObject } from "./receiver.js";

const kernel = vi.hoisted(() => ({ hasTcx: true }));

vi.mock("../../src/native/index.js", async (original) => {
  const real = await original<typeof import("../../src/native/index.js")>();
  return { ...real, probeTcx: () => kernel.hasTcx && real.probeTcx() };
});

const live = it.skipIf(!mayMakeNamespaces());
const IPV6 = 0x86dd;

describe("a fixer beside others (root)", () => {
  let at: Receiver;
  let others: BpfObject;

  beforeEach(async () => {
    kernel.hasTcx = true;
    if (!mayMakeNamespaces()) return;
    at = new Receiver();
    await at.up();
    others = at.keep(watchObject());
  });
  afterEach(() => at?.down());

  const somebodyElse = (mode: "native" | "generic") =>
    at.keep(at.inside(() => BpfLink.attachXdp(others.program("somebody_else"), at.here.ifindex, { mode })));
  const repairs = async (times: number) => {
    at.sender.send(at.frame(IPV6));
    await until(() => at.show()[0]!.fixed === times);
  };
  const qdiscs = () => at.net.exec("r", "tc", "qdisc", "show", "dev", "down0");

  for (const hook of ["auto", "xdp", "xdp-generic"] as const) {
    for (const mode of ["native", "generic"] as const) {
      live(`asked for ${hook}, leaves another's ${mode} XDP program, says so, and goes to tc`, async () => {
        const link = somebodyElse(mode);
        const { hook: taken, remarks } = at.attach({ hook });
        expect(taken).toBe("tc");
        expect(remarks.join()).toMatch(/somebody_else.*stays.*tc/);
        expect(link.info().ifindex).toBe(at.here.ifindex);
        await repairs(1);
        at.detach();
        expect(link.info().ifindex).toBe(at.here.ifindex);
      });
    }
  }

  live("by clsact: in front of other filters, which keep their qdisc when it goes", async () => {
    kernel.hasTcx = false;
    await at.net.exec("r", "tc", "qdisc", "add", "dev", "down0", "clsact");
    const foreign = ["pref", "5", "protocol", "all", "u32", "match", "u32", "0", "0", "flowid", "1:1"];
    await at.net.exec("r", "tc", "filter", "add", "dev", "down0", "ingress", ...foreign);
    expect(at.attach({ hook: "tc" }).hook).toBe("tc");
    expect(at.show()).toMatchObject([{ hook: "tc", tc: "clsact", pinned: null }]);
    expect(await at.net.exec("r", "tc", "filter", "show", "dev", "down0", "ingress")).toContain("u32");
    at.detach();
    expect(await at.net.exec("r", "tc", "filter", "show", "dev", "down0", "ingress")).not.toContain("bpf");
    expect(await qdiscs()).toContain("clsact");
  });

  live("by clsact: takes the qdisc along that it made, after having been replaced too", async () => {
    kernel.hasTcx = false;
    at.attach({ hook: "tc" });
    await repairs(1);
    at.attach({ hook: "tc", ipv6: true, pin: true });
    expect(at.show()).toMatchObject([{ ipv6: true, fixed: 0 }]);
    await repairs(1);
    at.detach();
    expect(await qdiscs()).not.toContain("clsact");
  });

  live("attached twice is attached once; another wish replaces it", () => {
    expect(at.attach()).toMatchObject({ hook: "xdp", isNew: true });
    const [{ programId }] = at.show() as [{ programId: number }];
    expect(at.attach()).toMatchObject({ hook: "xdp", isNew: false });
    expect(at.show()).toMatchObject([{ programId }]);
    for (const hook of ["tc", "xdp-generic", "xdp", "tc"] as const) {
      expect(at.attach({ hook })).toMatchObject({ hook, isNew: true });
      expect(at.show()).toHaveLength(1);
    }
    expect(at.attach({ hook: "tc", ipv6: true }).isNew).toBe(true);
    expect(at.show()).toMatchObject([{ hook: "tc", ipv6: true }]);
  });

  live("one that cannot be replaced as asked is put back", async () => {
    for (const pin of [false, true]) {
      at.attach({ interface: "lo", hook: "xdp-generic", ipv6: true, pin });
      expect(() => at.attach({ interface: "lo", hook: "xdp" })).toThrow(
        expect.objectContaining({ code: "attach_failed" }),
      );
      expect(at.show("lo")).toMatchObject([
        { hook: "xdp-generic", ipv6: true, pinned: pin ? expect.any(String) : null },
      ]);
      at.inside(() => detachFixer("lo"));
    }
  });

  live("replacing one is told", () => {
    at.attach({ hook: "xdp" });
    expect(at.attach({ hook: "tc" }).remarks).toEqual([expect.stringContaining("in place of the one at hook xdp")]);
  });

  for (const hook of ["xdp", "xdp-generic", "tc"] as const) {
    live(`${hook}: a pinned one holds against others, and goes with its files`, async () => {
      at.attach({ hook, pin: true });
      const [{ pinned }] = at.show() as [{ pinned: string }];
      expect(pinned).toMatch(/^\/run\/vtepd\/bpf\/ethertype-fix\/down0-\d+$/);
      const folder = findBpffs("/run/vtepd/bpf")!;
      const link = `${folder.path}/${pinned.slice("/run/vtepd/bpf/".length)}/link`;
      expect(existsSync(link)).toBe(true);
      const word = { xdp: "xdpdrv", "xdp-generic": "xdpgeneric", tc: "" }[hook];
      if (word !== "") expect(await at.net.status("r", "ip", "link", "set", "dev", "down0", word, "off")).not.toBe(0);
      await repairs(1);
      expect(at.attach({ hook }).isNew).toBe(false);
      at.detach();
      expect(existsSync(link)).toBe(false);
      expect(at.show()).toEqual([]);
      folder.close();
    });
  }

  live("one whose command was killed while it pinned is found and detached", async () => {
    at.attach({ pin: true });
    const [{ pinned }] = at.show() as [{ pinned: string }];
    const bpffs = findBpffs("/run/vtepd/bpf")!;
    const folder = `${bpffs.path}/${pinned.slice("/run/vtepd/bpf/".length)}`;
    for (const file of ["program", "counters"]) rmSync(`${folder}/${file}`);
    await repairs(1);
    expect(at.detach()).toEqual(["xdp"]);
    expect(at.show()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    bpffs.close();
  });

  live("a pin whose interface is gone goes with detach, which says so", async () => {
    at.attach({ pin: true });
    await at.net.ip("r", "link del down0");
    expect(() => at.detach()).toThrow(expect.objectContaining({ code: "interface_gone" }));
    expect(() => at.detach()).toThrow(expect.objectContaining({ code: "no_interface" }));
  });

  live("by clsact: does not go with the interface into another namespace", async () => {
    kernel.hasTcx = false;
    at.attach({ hook: "tc" });
    await at.net.ip("r", `link set down0 netns ${at.net.full("z")}`);
    expect(within(at.net.path("z"), () => showFixers())).toEqual([]);
  });

  live("a pin whose interface is gone goes when the next one is pinned", async () => {
    at.attach({ pin: true });
    const [{ pinned }] = at.show() as [{ pinned: string }];
    await at.net.ip("r", "link del down0");
    const again = new Receiver();
    await again.up();
    try {
      again.attach({ pin: true });
      const folder = findBpffs("/run/vtepd/bpf")!;
      expect(existsSync(`${folder.path}/${pinned.slice("/run/vtepd/bpf/".length)}`)).toBe(false);
      folder.close();
    } finally {
      again.detach();
      await again.down();
    }
  });

  live("says what is not there", () => {
    expect(() => at.detach()).toThrow(expect.objectContaining({ code: "not_attached" }));
    expect(() => at.attach({ interface: "nowhere0" })).toThrow(expect.objectContaining({ code: "no_interface" }));
    expect(() => at.show("nowhere0")).toThrow(expect.objectContaining({ code: "no_interface" }));
    expect(() => at.attach({ interface: "lo", hook: "xdp" })).toThrow(/lo: hook xdp: .*xdp-generic works/);
    expect(at.attach({ interface: "lo" })).toMatchObject({ hook: "xdp-generic" });
  });
});
