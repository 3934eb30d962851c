// Kernel objects for zebra in VRFs: namespaces, which every kernel has, and devices, where the kernel has them.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../../dataplane/namespaces.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { ObjectsLab } from "./objects_lab.js";

const DOMAINS = `bridgeDomains:
  - name: red
    vni: 100
    vrf: tenant
    gateway: { mac: 94:94:26:11:11:11, addresses: [10.1.100.1/24, "2001:db8:100::1/64"] }
  - { name: office, vrf: tenant, gateway: { mac: 94:94:26:11:11:12, addresses: [10.1.200.1/24] } }
  - { name: plain, vni: 300 }
vrfs:
  - { name: tenant, l3vni: 5000, routerMac: 94:94:26:ff:00:11, table: 1001 }
`;
const NETNS = `control: { mode: frr, frr: { vrfBackend: netns } }\n${DOMAINS}`;
const DEVICE = `control: { mode: frr }\n${DOMAINS}`;
const TENANT = ["br-red", "vx-100", "lp-100", "br-office", "lp-office", "br-5000", "vx-5000", "lp-5000"];

describe.skipIf(unavailable !== null)(titled("kernel objects in VRFs"), () => {
  let lab: ObjectsLab;

  beforeEach(async () => {
    lab = await ObjectsLab.make();
  });

  afterEach(async () => {
    await lab.remove();
  });

  const namespaces = async () => (await lab.node.exec("ip", "netns")).replace(/ \(id: \d+\)/g, "").trim();

  it("stand in the VRF's namespace, with the sockets of their VXLAN devices in ours", async () => {
    await lab.start(NETNS);
    expect(lab.objects.problems()).toEqual([]);
    expect(await namespaces()).toBe("tenant");
    const bridges = ["br-red", "br-office", "br-5000"];
    await until(async () => {
      const links = await lab.links("tenant");
      return bridges.every((name) => links.get(name)?.operstate === "UP");
    });
    const [ours, links] = [await lab.links(), await lab.links("tenant")];
    expect(TENANT.filter((name) => !links.has(name) || ours.has(name))).toEqual([]);
    expect(ours.has("br-plain")).toBe(true);
    expect(links.has("br-plain")).toBe(false);
    expect(links.has("vx-office")).toBe(false);
    expect(await lab.node.exec("ss", "-Huln")).toContain(":14789");
    expect(await lab.node.exec("ip", "netns", "exec", "tenant", "ss", "-Huln")).toBe("");
    expect(links.get("br-red")).toMatchObject({ address: "94:94:26:11:11:11" });
    expect(links.get("br-office")).toMatchObject({ address: "94:94:26:11:11:12" });
    expect(links.get("br-5000")).toMatchObject({ address: "94:94:26:ff:00:11" });
    expect(links.get("vx-5000")).toMatchObject({ master: "br-5000", linkinfo: { info_data: { id: 5000 } } });
    expect(await lab.addresses("br-red", "tenant")).toEqual(["10.1.100.1/24", "2001:db8:100::1/64"]);
    expect(await lab.addresses("br-5000", "tenant")).toEqual([]);
    const [red, office, tenant] = [lab.domain("red"), lab.domain("office"), lab.vrf("tenant")];
    expect(red).toMatchObject({ bridge: links.get("br-red")?.ifindex, vxlan: links.get("vx-100")?.ifindex });
    expect(red?.place.name).toBe("tenant");
    expect(office).toMatchObject({ bridge: links.get("br-office")?.ifindex, vxlan: 0 });
    const l3 = { l3Bridge: links.get("br-5000")?.ifindex, l3Vxlan: links.get("vx-5000")?.ifindex };
    expect(tenant).toMatchObject({ table: 254, ...l3 });
  });

  it("are not touched by a second apply; after a crash only VXLAN devices are made anew", async () => {
    await lab.start(NETNS);
    lab.writes = 0;
    await lab.apply(NETNS);
    expect([lab.writes, lab.events, lab.objects.problems()]).toEqual([0, [], []]);
    const before = [...(await lab.links("tenant")).values()];
    lab.crash();
    await lab.start(NETNS);
    expect([lab.events, lab.objects.problems()]).toEqual([[], []]);
    const after = await lab.links("tenant");
    for (const { ifname, ifindex, linkinfo } of before)
      expect([ifname, after.get(ifname)?.ifindex === ifindex]).toEqual([ifname, linkinfo?.info_kind !== "vxlan"]);
    await lab.stop();
    expect(await namespaces()).toBe("");
    expect((await lab.links()).has("br-plain")).toBe(false);
  });

  it("let a port lead from the VRF's stack to us, as long as the gateway's addresses are open to it", async () => {
    const served = NETNS.replace("10.1.200.1/24]", "10.1.200.1/24], hostStack: true");
    const mine = async () => (await lab.links()).get("lp-officep");
    await lab.start(served);
    expect(lab.objects.problems()).toEqual([]);
    expect((await lab.links("tenant")).has("lp-officep")).toBe(false);
    expect(await mine()).toMatchObject({ ifalias: "vtepd", inet6_addr_gen_mode: "none" });
    await until(async () => (await mine())?.operstate === "UP");
    const former = (await mine())?.ifindex;
    lab.crash();
    await lab.start(served);
    expect([(await mine())?.ifindex, lab.events]).toEqual([former, []]);
    await lab.node.ip("link set lp-officep down");
    await until(async () => (await mine())?.operstate === "UP");
    expect(lab.events).toEqual([
      { kind: "kernel_object_repaired", interface: "lp-officep", namespace: "", what: "bring up" },
    ]);
    lab.clock.advance(1_000);
    await lab.node.ip("link del lp-officep");
    await until(async () => (await mine())?.operstate === "UP");
    lab.clock.advance(1_000);
    await lab.apply(NETNS);
    expect(await mine()).toBeUndefined();
    expect((await lab.links("tenant")).has("lp-officep")).toBe(true);
    await lab.apply(served);
    expect(await mine()).toBeDefined();
    await lab.stop();
    expect(await mine()).toBeUndefined();
  });

  it("leave a namespace that somebody else made, or uses", async () => {
    await lab.node.ip("netns add tenant");
    await lab.start(NETNS);
    await lab.stop();
    expect(await namespaces()).toBe("tenant");
    expect([...(await lab.links("tenant")).keys()].filter((name) => TENANT.includes(name))).toEqual([]);
    await lab.node.ip("netns delete tenant");
    await lab.start(NETNS);
    await lab.ip("tenant", "link", "add", "other", "up", "type", "bridge");
    await lab.stop();
    expect(await namespaces()).toBe("tenant");
  });

  it("repair gateway addresses, and leave those of others alone", async () => {
    await lab.start(NETNS);
    await lab.ip("tenant", "address", "add", "192.0.2.1/24", "dev", "br-red");
    await lab.ip("tenant", "address", "del", "10.1.100.1/24", "dev", "br-red");
    const wanted = ["10.1.100.1/24", "192.0.2.1/24", "2001:db8:100::1/64"];
    await until(async () => (await lab.addresses("br-red", "tenant")).sort().join() === wanted.join());
    expect(lab.events[0]).toMatchObject({ interface: "br-red", namespace: "tenant", what: "add 10.1.100.1 to" });
    lab.clock.advance(1_000);
    lab.writes = 0;
    await lab.apply(NETNS.replace("10.1.100.1/24", "10.1.101.1/24").replace("100::1/64", "100::1/56"));
    expect((await lab.addresses("br-red", "tenant")).sort()).toEqual([
      "10.1.101.1/24",
      "192.0.2.1/24",
      "2001:db8:100::1/56",
    ]);
    expect(lab.writes).toBe(4);
  });

  it("are made anew where the namespace lost its name", async () => {
    await lab.start(NETNS);
    const before = lab.domain("red");
    await lab.node.ip("netns delete tenant");
    await until(() => lab.domain("red") !== undefined && lab.domain("red")?.place !== before?.place);
    expect(lab.events).toContainEqual({
      kind: "kernel_object_repaired",
      interface: "",
      namespace: "tenant",
      what: "make",
    });
    expect(lab.objects.problems()).toEqual([]);
    expect(
      TENANT.filter(
        (
          (links) => (name: string) =>
            !links.has(name)
        )(await lab.links("tenant")),
      ),
    ).toEqual([]);
  });

  it("move with the VRF's name, and go with the VRF", async () => {
    await lab.start(NETNS);
    await lab.apply(NETNS.replaceAll("tenant", "blue"));
    expect(lab.objects.problems()).toEqual([]);
    expect(await namespaces()).toBe("blue");
    expect((await lab.links("blue")).has("vx-5000")).toBe(true);
    await lab.apply("control: { mode: frr, frr: { vrfBackend: netns } }\nbridgeDomains: [{ name: plain, vni: 300 }]\n");
    expect(await namespaces()).toBe("");
    expect((await lab.links()).has("br-plain")).toBe(true);
  });

  it("name the namespace that cannot be opened", async () => {
    await lab.node.exec("sh", "-c", "touch /run/netns/tenant");
    await lab.start(NETNS);
    expect(lab.objects.problems().join()).toMatch(/^network namespace tenant: /);
    expect(lab.domain("plain")).toBeDefined();
    await lab.node.exec("rm", "/run/netns/tenant");
    lab.clock.advance(5_000);
    await until(() => lab.domain("red") !== undefined);
    expect(lab.objects.problems()).toEqual([]);
  });

  it("stand in a VRF device", async (ctx) => {
    const made = await lab.node.succeeds("ip", "link", "add", "probe", "type", "vrf", "table", "9");
    if (!made) ctx.skip("the kernel has no VRF devices");
    await lab.start(DEVICE);
    expect(lab.objects.problems()).toEqual([]);
    const links = await lab.links();
    expect(links.get("tenant")).toMatchObject({ ifalias: "vtepd", linkinfo: { info_data: { table: 1001 } } });
    for (const name of ["br-red", "br-office", "br-5000"]) expect(links.get(name)?.master, name).toBe("tenant");
    expect(links.get("br-plain")?.master).toBeUndefined();
    expect(await lab.addresses("br-red")).toEqual(["10.1.100.1/24", "2001:db8:100::1/64"]);
    expect(lab.vrf("tenant")).toMatchObject({ table: 1001, l3Bridge: links.get("br-5000")?.ifindex });
    lab.writes = 0;
    await lab.apply(DEVICE);
    expect(lab.writes).toBe(0);
    await lab.apply(DEVICE.replace("table: 1001", "table: 1002"));
    expect(lab.vrf("tenant")).toMatchObject({ table: 1002 });
    expect(await lab.addresses("br-red")).toEqual(["10.1.100.1/24", "2001:db8:100::1/64"]);
    await lab.stop();
    expect((await lab.links()).has("tenant")).toBe(false);
  });

  it("say why a VRF device cannot be had, and make the rest", async () => {
    const hasVrfs = await lab.node.succeeds("ip", "link", "add", "probe", "type", "vrf", "table", "9");
    if (hasVrfs) await lab.node.ip("link add tenant type bridge");
    const unknown =
      "cannot make tenant: the kernel has no VRF devices (module vrf): load it, or set control.frr.vrfBackend: netns";
    await lab.start(DEVICE);
    expect(lab.objects.problems()).toEqual([
      hasVrfs ? "tenant is a bridge, not a VRF device" : unknown,
      "br-5000 waits for VRF device tenant",
      "br-red waits for VRF device tenant",
      "br-office waits for VRF device tenant",
    ]);
    expect(lab.domain("plain")).toBeDefined();
    expect((await lab.links()).has("br-red")).toBe(false);
  });
});
