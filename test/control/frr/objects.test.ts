// Kernel objects for zebra against the real kernel: made, left alone, adopted, repaired, removed. What needs FRR itself is
// in objects_zebra.test.ts, VRFs are in objects_vrf.test.ts.
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../../dataplane/namespaces.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { ObjectsLab, type ShownLink } from "./objects_lab.js";

/** A bridged domain, and one with a gateway; without VRFs all is in our own namespace. */
const TWO = `control: { mode: frr }
bridgeDomains:
  - { name: red, vni: 100 }
  - { name: blue, vni: 200 }
`;
const NAMES = ["br-red", "vx-100", "lp-100", "lp-100p", "br-blue", "vx-200", "lp-200", "lp-200p"];

/** What zebra depends on: without the numbers that the kernel gives anew. */
function essenceOf(links: ReadonlyMap<string, ShownLink>): unknown {
  return NAMES.map((name) => {
    const { linkinfo, flags, operstate, master, ifalias, inet6_addr_gen_mode: generation } = links.get(name) ?? {};
    const { state, learning, flood, neigh_suppress } = linkinfo?.info_slave_data ?? {};
    const { id, port, mcast_snooping } = linkinfo?.info_data ?? {};
    const mac = name.startsWith("br-") ? links.get(name)?.address : "";
    const facts = { flags, operstate, master, ifalias, generation, state, learning, flood, neigh_suppress, id, port };
    return { ...facts, mcast_snooping, mac };
  });
}

describe.skipIf(unavailable !== null)(titled("kernel objects"), () => {
  let lab: ObjectsLab;

  beforeEach(async () => {
    lab = await ObjectsLab.make();
  });

  afterEach(async () => {
    await lab.remove();
  });

  async function namesPresent(): Promise<string[]> {
    const links = await lab.links();
    return NAMES.filter((name) => links.has(name));
  }

  /** The kernel tells itself of a carrier some time after the interface is up. */
  async function linksInOperation(): Promise<Map<string, ShownLink>> {
    const isUp = (link: ShownLink | undefined) => link?.operstate === "UP";
    await until(async () => {
      const links = await lab.links();
      return NAMES.every((name) => name.startsWith("vx-") || isUp(links.get(name)));
    });
    return lab.links();
  }

  it("are a bridge, a VXLAN device on the shadow port and a stand-in port for each domain", async () => {
    await lab.start(TWO);
    expect(lab.objects.problems()).toEqual([]);
    const links = await linksInOperation();
    expect(NAMES.map((name) => [name, links.get(name)?.ifalias])).toEqual(NAMES.map((name) => [name, "vtepd"]));
    for (const name of NAMES) {
      expect(links.get(name)).toMatchObject({ inet6_addr_gen_mode: "none" });
      expect(links.get(name)?.flags).toContain("UP");
    }
    expect(links.get("br-red")).toMatchObject({
      operstate: "UP",
      address: "02:76:0a:00:00:01",
      linkinfo: { info_kind: "bridge", info_data: { mcast_snooping: 0, stp_state: 0 } },
    });
    expect(links.get("vx-100")).toMatchObject({
      master: "br-red",
      linkinfo: {
        info_data: { id: 100, local: "10.0.0.1", port: 14789, learning: false },
        info_slave_data: { state: "disabled", learning: false, neigh_suppress: true, flood: false, bcast_flood: false },
      },
    });
    expect(links.get("lp-100")).toMatchObject({
      master: "br-red",
      linkinfo: { info_slave_data: { state: "forwarding", learning: false } },
    });
    expect(links.get("lp-100p")?.master).toBeUndefined();
    expect(await lab.addresses("br-red")).toEqual([]);
    const [bridge, vxlan, port, portPeer] = ["br-red", "vx-100", "lp-100", "lp-100p"].map(
      (name) => links.get(name)?.ifindex,
    );
    expect(lab.domain("red")).toMatchObject({ place: { name: "" }, bridge, vxlan, port, portPeer });
  });

  it("listen on the shadow port alone", async () => {
    await lab.start(TWO);
    const sockets = await lab.node.exec("ss", "-Huln");
    expect(sockets).toContain(":14789");
    expect(sockets).not.toContain(":4789");
  });

  it("are not touched by a second apply", async () => {
    await lab.start(TWO);
    expect(lab.writes).toBeGreaterThan(0);
    lab.writes = 0;
    await lab.apply(TWO);
    expect([lab.writes, lab.events]).toEqual([0, []]);
  });

  it("stop telling of VNIs in the moment of a crash, and of no other's", async () => {
    await lab.start(TWO.replace(/.*blue.*\n/, ""));
    await lab.node.ip("link add vx9 type vxlan id 9 local 10.0.0.1 dstport 9999");
    lab.crash();
    expect(await namesPresent()).toEqual(["br-red", "lp-100", "lp-100p"]);
    expect((await lab.links()).has("vx9")).toBe(true);
  });

  it("are taken over after a crash, and what is no longer wanted is removed", async () => {
    await lab.start(TWO);
    const before = await lab.links();
    lab.crash();
    // As a crash in the middle of a removal leaves it.
    await lab.node.ip("link set br-red group 30324");
    lab.writes = 0;
    await lab.start(TWO.replace(/.*blue.*\n/, ""));
    // Three interfaces are put in a group, which is removed, once for the ports and once for the bridge; the VXLAN device
    // is made anew, which takes five.
    expect(lab.writes).toBe(5 + 5);
    expect(await namesPresent()).toEqual(["br-red", "vx-100", "lp-100", "lp-100p"]);
    expect((await lab.links()).get("br-red")?.ifindex).toBe(before.get("br-red")?.ifindex);
  });

  it("go at the end, and nothing else does", async () => {
    await lab.node.ip("link add other type bridge", "link add vx9 type vxlan id 9 local 10.0.0.1 dstport 9999");
    await lab.node.ip("link set other group 30324");
    await lab.start(TWO);
    await lab.stop();
    expect(await namesPresent()).toEqual([]);
    const links = await lab.links();
    expect([links.has("other"), links.has("vx9")]).toEqual([true, true]);
  });

  it("may be a bridge that somebody else made: it gets what zebra needs, and stays", async () => {
    await lab.node.ip("link add br-red type bridge", "link set br-red address 02:00:00:00:00:99");
    await lab.node.ip("address add 192.0.2.1/24 dev br-red");
    await lab.start(TWO);
    expect(lab.objects.problems()).toEqual([]);
    const adopted = (await linksInOperation()).get("br-red");
    expect(adopted).toMatchObject({
      address: "02:00:00:00:00:99",
      inet6_addr_gen_mode: "none",
      operstate: "UP",
      linkinfo: { info_data: { mcast_snooping: 0 } },
    });
    expect(adopted?.ifalias).toBeUndefined();
    expect(lab.domain("red")?.bridge).toBe(adopted?.ifindex);
    await lab.stop();
    expect(await namesPresent()).toEqual(["br-red"]);
    expect(await lab.addresses("br-red")).toEqual(["192.0.2.1/24"]);
  });

  it("do not grow on what contradicts them", async () => {
    await lab.node.ip("link add br-red type veth peer name other", "link add vx-200 type vxlan id 7 dstport 7777");
    await lab.start(TWO);
    expect(lab.objects.problems()).toEqual([
      "br-red is a veth, not a bridge",
      "vx-200 has VNI 7, not 200: remove or rename it",
    ]);
    expect([lab.domain("red"), lab.domain("blue")]).toEqual([undefined, undefined]);
    await lab.node.ip("link delete br-red", "link delete vx-200");
    await until(() => lab.objects.problems().length === 0);
    await until(() => lab.domain("red") !== undefined && lab.domain("blue") !== undefined);
  });

  it("do not take a VXLAN device on the overlay's own port, and name every one that is in the way", async () => {
    await lab.node.ip("link add vx-100 type vxlan id 100 local 10.0.0.1 dstport 4789 nolearning");
    await lab.node.ip("link add vx9 type vxlan id 9 local 10.0.0.1 dstport 4789");
    await lab.node.ip("link add mine type vxlan id 200 local 10.0.0.1 dstport 8472");
    await lab.start(TWO);
    const remedy = "is on UDP port 4789, where vtepd itself receives: remove it, or give it dstport 14789";
    expect(lab.objects.problems()).toEqual([
      `vx-100 ${remedy}`,
      `VXLAN device vx9 ${remedy}`,
      "VXLAN device mine has VNI 200, as vx-200 has, and zebra takes one: remove it",
    ]);
    expect((await lab.links()).get("vx-100")?.master).toBeUndefined();
  });

  it.each([
    ["a bridge that was deleted", "link delete br-red", "br-red"],
    ["a VXLAN device that was deleted", "link delete vx-100", "vx-100"],
    ["a stand-in port that was deleted", "link delete lp-100p", "lp-100"],
    ["an interface that was set down", "link set vx-100 down", "vx-100"],
    ["a port that was taken out of the bridge", "link set lp-100 nomaster", "lp-100"],
    ["a port that learns", "link set lp-100 type bridge_slave learning on", "lp-100"],
    ["a VXLAN device that forwards", "link set vx-100 type bridge_slave state 3", "vx-100"],
    ["a bridge with another MAC", "link set br-red address 02:00:00:00:00:99", "br-red"],
    ["snooping", "link set br-red type bridge mcast_snooping 1", "br-red"],
    ["an interface that gives itself addresses", "link set br-red addrgenmode eui64", "br-red"],
    ["an interface that was moved away", "netns add other; link set lp-100p netns other", "lp-100"],
  ])("repairs %s", async (_what, command, name) => {
    await lab.start(TWO);
    const before = await linksInOperation();
    await lab.node.ip(...command.split("; "));
    await until(() => lab.events.length > 0 && lab.domain("red") !== undefined);
    expect(lab.events[0]).toMatchObject({ kind: "kernel_object_repaired", interface: name, namespace: "" });
    await until(async () => isDeepStrictEqual(essenceOf(await lab.links()), essenceOf(before)));
    expect((await lab.links()).get("br-blue")?.ifindex).toBe(before.get("br-blue")?.ifindex);
    expect(new Set(lab.events.map(({ interface: one }) => one)).has("br-blue")).toBe(false);
  });

  it("repairs one object at most once a second, and tells followers that it became another", async () => {
    await lab.start(TWO);
    const [before, other] = [lab.domain("red"), lab.domain("blue")];
    let changes = 0;
    lab.objects.onChange(() => changes++);
    await lab.node.ip("link delete vx-100");
    await until(() => lab.domain("red") !== undefined && lab.domain("red")?.vxlan !== before?.vxlan);
    await until(() => changes > 0);
    await lab.node.ip("link delete vx-100", "link delete vx-200");
    await until(() => lab.domain("blue") !== undefined && lab.domain("blue")?.vxlan !== other?.vxlan);
    expect(lab.domain("red")).toBeUndefined();
    lab.clock.advance(1_000);
    await until(() => lab.domain("red") !== undefined);
  });

  it("change with a reload where the reload changes them, and nowhere else", async () => {
    await lab.start(TWO);
    const before = await lab.links();
    lab.writes = 0;
    await lab.apply(TWO.replace("vni: 200", "vni: 300"));
    const after = await lab.links();
    expect(["vx-200", "lp-200"].map((name) => after.has(name))).toEqual([false, false]);
    expect(after.get("vx-300")).toMatchObject({ master: "br-blue", linkinfo: { info_data: { id: 300 } } });
    for (const name of ["br-red", "vx-100", "lp-100", "br-blue"])
      expect(after.get(name)?.ifindex, name).toBe(before.get(name)?.ifindex);
    expect(lab.objects.problems()).toEqual([]);
    expect(lab.events).toEqual([]);
  });

  it("swap their VNIs under names that stay", async () => {
    const named = TWO.replace("mode: frr", 'mode: frr, frr: { names: { vxlan: "vx-{bd}", port: "lp-{bd}" } }');
    await lab.start(named);
    await lab.apply(
      named.replace("vni: 100", "vni: 0x").replace("vni: 200", "vni: 100").replace("vni: 0x", "vni: 200"),
    );
    expect(lab.objects.problems()).toEqual([]);
    const links = await lab.links();
    expect(links.get("vx-red")).toMatchObject({ master: "br-red", linkinfo: { info_data: { id: 200 } } });
    expect(links.get("vx-blue")).toMatchObject({ master: "br-blue", linkinfo: { info_data: { id: 100 } } });
  });

  it("follow another local address and another shadow port", async () => {
    await lab.start(TWO);
    await lab.apply(TWO.replace("mode: frr", "mode: frr, frr: { shadowPort: 24789 }"));
    const links = await lab.links();
    expect(links.get("vx-100")).toMatchObject({ linkinfo: { info_data: { port: 24789 } } });
    expect(await lab.node.exec("ss", "-Huln")).not.toContain(":14789");
  });
});
