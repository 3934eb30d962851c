// `repair` of a VTEP with real frames on every data path, and the VTEP beside a fixer that the command attached.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BpfLink } from "../../src/native/index.js";
import { shareProgramsAmongTests } from "../bpf/loaded.js";
import { vlan } from "../corpus/packet.js";
import { mayMakeNamespaces, until } from "../dataplane/namespaces.js";
import { Receiver, watchObject } from "./receiver.js";
import { VtepHere, type Way, type Wish } from "./vtep_here.js";

shareProgramsAmongTests();

const live = it.skipIf(!mayMakeNamespaces());
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const REPAIR = { ipv6: false };
/** Payload of a frame in several buffers. */
const LONG = 8000;

const WAYS: Readonly<Record<string, Way>> = {
  "ebpf at tc": { datapath: "ebpf", hook: "tc" },
  "ebpf at XDP": { datapath: "ebpf", hook: "xdp" },
  "ebpf that hands all over": { datapath: "ebpf", hook: "userspace" },
  "userspace by AF_PACKET": { datapath: "userspace", socket: "af_packet" },
  "userspace by AF_XDP": { datapath: "userspace", socket: "af_xdp" },
};
const XDP = WAYS["ebpf at XDP"]!;

describe("a VTEP and Ethertypes (root)", () => {
  let at: Receiver;

  beforeEach(async () => {
    if (!mayMakeNamespaces()) return;
    at = new Receiver();
    await at.up();
  });
  afterEach(() => at?.down());

  const vtep = (wish: Wish) => VtepHere.up(at, wish);
  const passesOn = async (here: VtepHere, sent: number, received: number) => {
    at.sender.send(at.frame(sent));
    await here.forwards(at.frame(received));
  };
  const bpftool = () => at.net.exec("r", "bpftool", "net", "list");

  for (const [name, way] of Object.entries(WAYS)) {
    live(`${name}: repairs, and counts`, async () => {
      const here = await vtep({ ...way, repair: REPAIR });
      await passesOn(here, IPV6, IPV4);
      await passesOn(here, IPV4, IPV4);
      await until(() => here.fixes()?.fixed4 === 1);
      expect(here.fixes()).toMatchObject({ fixed4: 1, fixed6: 0, suspicious: 0 });
    });

    live(`${name}: repairs behind the port's tag`, async () => {
      const here = await vtep({ ...way, repair: REPAIR, vlan: 10 });
      at.sender.send(at.frame(IPV6, [vlan(10)]));
      await here.forwards(at.frame(IPV4));
    });

    live(`${name}: on an uplink, repairs what is for the kernel's own stack too`, async () => {
      at.sender.send(at.echoRequest(IPV6));
      await vtep({ ...way, repair: REPAIR, role: "uplink" });
      expect(await at.echoesHeard()).toBe(0);
      at.sender.send(at.echoRequest(IPV6));
      await until(async () => (await at.echoesHeard()) === 1);
    });

    live(`${name}: repairs after the interface was down, and with another MTU`, async () => {
      const here = await vtep({ ...way, repair: REPAIR });
      await at.net.ip("r", "link set down0 down", "link set down0 mtu 1400", "link set down0 up");
      await at.net.ip("s", "link set up0 mtu 1400");
      await passesOn(here, IPV6, IPV4);
    });

    live(`${name}: leaves frames as they come where nobody asks for more`, async () => {
      const here = await vtep(way);
      await passesOn(here, IPV6, IPV6);
      expect(here.fixes()).toBeUndefined();
    });
  }

  for (const repair of [undefined, REPAIR]) {
    const what = repair === undefined ? "without repairs of its own" : "with repairs of its own";
    for (const pin of [false, true]) {
      live(`at XDP ${what} goes behind a${pin ? " pinned" : ""} fixer, and leaves it as it was`, async () => {
        at.attach({ hook: "xdp", pin });
        at.sender.send(at.frame(IPV6));
        await until(() => at.show()[0]?.fixed === 1);
        const here = await vtep({ ...XDP, ...(repair === undefined ? {} : { repair }) });
        expect(here.opened).toMatchObject({
          hook: "xdp",
          reason: expect.stringContaining("behind the Ethertype fixer"),
        });
        await passesOn(here, IPV6, IPV4);
        // One fixer, whose counter goes on.
        expect(at.show()).toMatchObject([{ hook: "xdp", fixed: 2, by: repair === undefined ? "command" : "vtep" }]);
        expect(here.fixes()?.fixed4).toBe(repair === undefined ? undefined : 2);
        here.close();
        expect(at.show()).toMatchObject([{ hook: "xdp", fixed: 2, by: "command" }]);
        at.sender.send(at.frame(IPV6));
        await until(() => at.show()[0]?.fixed === 3);
        at.detach();
        expect(await bpftool()).not.toContain("down0");
      });
    }
  }

  live(
    "at XDP, the fixer before it may be detached: its frames then come as they are, and all of it ends with it",
    async () => {
      at.attach({ hook: "xdp" });
      const here = await vtep(XDP);
      expect(at.attach({ hook: "xdp" }).isNew).toBe(false);
      expect(() => at.attach({ hook: "xdp", ipv6: true })).toThrow(
        expect.objectContaining({ code: "carried_by_vtep" }),
      );
      expect(at.detach()).toEqual(["xdp"]);
      expect(at.show()).toEqual([]);
      await passesOn(here, IPV6, IPV6);
      here.close();
      expect(await bpftool()).not.toContain("down0");
    },
  );

  live("at XDP with repairs, the fixer before it is the VTEP's until it ends", async () => {
    at.attach({ hook: "xdp" });
    const here = await vtep({ ...XDP, repair: { ipv6: true } });
    expect(at.show()).toMatchObject([{ by: "vtep", ipv6: true }]);
    expect(() => at.detach()).toThrow(expect.objectContaining({ code: "carried_by_vtep" }));
    here.close();
    expect(at.show()).toMatchObject([{ by: "command", ipv6: false }]);
    expect(at.detach()).toEqual(["xdp"]);
  });

  live("by AF_XDP goes behind a fixer too", async () => {
    at.attach({ hook: "xdp" });
    const here = await vtep(WAYS["userspace by AF_XDP"]!);
    await passesOn(here, IPV6, IPV4);
    here.close();
    expect(at.show()).toMatchObject([{ hook: "xdp", fixed: 1, by: "command" }]);
    at.detach();
    expect(await bpftool()).not.toContain("down0");
  });

  live("at XDP behind a fixer, ends in order when the interface is gone", async () => {
    at.attach({ hook: "xdp" });
    const here = await vtep(XDP);
    await at.net.ip("r", "link del down0");
    here.close();
    expect(() => at.detach()).toThrow(expect.objectContaining({ code: "interface_gone" }));
  });

  const takeJumbo = async (): Promise<void> => {
    await at.net.ip("s", "link set up0 mtu 9000");
    await at.net.ip("r", "link set down0 mtu 9000");
  };
  const longPasses = async (here: VtepHere, sent: number, received: number) => {
    at.sender.send(at.frame(sent, [], LONG));
    await here.forwards(at.frame(received, [], LONG));
  };

  live("at XDP behind a fixer, frames too long for one buffer are repaired too, and pass", async () => {
    await takeJumbo();
    at.attach({ hook: "xdp" });
    const here = await vtep({ ...XDP, mtuBytes: 9000 });
    expect(here.opened).toMatchObject({ hook: "xdp", reason: expect.stringContaining("behind the Ethertype fixer") });
    await passesOn(here, IPV6, IPV4);
    await longPasses(here, IPV6, IPV4);
    expect(at.show()).toMatchObject([{ hook: "xdp", fixed: 2, pinned: expect.anything() }]);
    at.detach();
    await longPasses(here, IPV6, IPV6);
  });

  live("at XDP, repairs of its own reach frames too long for one buffer", async () => {
    await takeJumbo();
    const here = await vtep({ ...XDP, repair: REPAIR, mtuBytes: 9000 });
    expect(here.opened.hook).toBe("xdp");
    await passesOn(here, IPV6, IPV4);
    await longPasses(here, IPV6, IPV4);
    await until(() => here.fixes()?.fixed4 === 2);
  });

  live(
    "by AF_XDP, whose program takes one buffer, is refused where frames are longer, and leaves the fixer",
    async () => {
      await takeJumbo();
      at.attach({ hook: "xdp" });
      await expect(vtep({ ...WAYS["userspace by AF_XDP"]!, mtuBytes: 9000 })).rejects.toThrow();
      at.sender.send(at.frame(IPV6));
      await until(() => at.show()[0]?.fixed === 1);
    },
  );

  for (const hook of ["xdp", "xdp-generic", "tc"] as const) {
    live(`at tc, a fixer at ${hook} comes before it, whoever was there first`, async () => {
      at.attach({ hook });
      const here = await vtep({ datapath: "ebpf", hook: "tc" });
      await passesOn(here, IPV6, IPV4);
      at.detach();
      await passesOn(here, IPV6, IPV6);
      const { remarks } = at.attach({ hook });
      expect(remarks.join()).toMatch(/VTEP carries down0.*repair: \{ ethertype: true \}/);
      await passesOn(here, IPV6, IPV4);
      expect(at.show()).toMatchObject([{ hook, fixed: 1 }]);
    });

    live(`at tc with repairs of its own, a fixer at ${hook} counts what it repairs, once`, async () => {
      at.attach({ hook });
      const here = await vtep({ datapath: "ebpf", hook: "tc", repair: REPAIR });
      await passesOn(here, IPV6, IPV4);
      const counted = at.show().filter(({ by }) => by === "command");
      expect(counted).toMatchObject([{ fixed: 1 }]);
      expect(here.fixes()).toMatchObject({ fixed4: 0 });
      expect(at.detach()).toEqual([hook]);
      await passesOn(here, IPV6, IPV4);
      expect(here.fixes()).toMatchObject({ fixed4: 1 });
    });
  }

  live("that repairs has no need of a fixer, and keeps its own", async () => {
    const here = await vtep({ ...XDP, repair: REPAIR });
    expect(at.attach()).toMatchObject({
      isNew: false,
      remarks: [expect.stringContaining("a VTEP repairs down0 already")],
    });
    expect(() => at.detach()).toThrow(expect.objectContaining({ code: "carried_by_vtep" }));
    await passesOn(here, IPV6, IPV4);
    expect(at.show()).toMatchObject([{ by: "vtep", fixed: 1 }]);
  });

  live("at XDP without repairs, says that its config can have them", async () => {
    await vtep(XDP);
    expect(() => at.attach()).toThrow(/carried by a VTEP.*repair: \{ ethertype: true \}/);
    expect(at.show()).toEqual([]);
  });

  live("repairs at tc where XDP belongs to somebody else", async () => {
    const others = at.keep(watchObject());
    const program = at.keep(others.program("somebody_else"));
    at.keep(at.inside(() => BpfLink.attachXdp(program, at.here.ifindex, { mode: "native" })));
    const here = await vtep({ ...XDP, repair: REPAIR });
    expect(here.opened).toMatchObject({ hook: "tc", reason: expect.stringContaining("another XDP program") });
    await passesOn(here, IPV6, IPV4);
    expect(here.fixes()).toMatchObject({ fixed4: 1 });
  });
});
