import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BdFlag, Drop, HostKind, PathKind, VrfFlag } from "../../../src/abi/generated.js";
import { mappedAddress, mappedPrefix } from "../../../src/control/mapped_address.js";
import { readI32 } from "../../../src/wire/bytes.js";
import { formatMac } from "../../../src/wire/ethernet.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { gratuitousArp, type Host, packet } from "./host_frames.js";
import { ControlLab } from "./lab.js";
import { GATEWAY, twoSubnets } from "./routed.js";

const A: Host = { mac: "02:00:00:00:00:0a", ip: "192.168.100.10" };
const routerMac = (vtep: number) => `94:94:26:ff:00:${vtep}0`;

interface Written {
  readonly vrf?: string;
  readonly prefix: string;
  /** Last bytes of VTEP addresses. */
  readonly vteps: readonly number[];
}

function routes(...list: Written[]): string {
  const lines = list.flatMap(({ vrf = "tenant", prefix, vteps }) =>
    vteps.map(
      (vtep) => `      - { vrf: ${vrf}, prefix: "${prefix}", vtep: 10.255.0.${vtep}, routerMac: ${routerMac(vtep)} }`,
    ),
  );
  return `control:\n  static:\n    routes:\n${lines.join("\n")}\n`;
}

describe.skipIf(unavailable !== null)(titled("routing of the config"), () => {
  let lab: ControlLab;

  beforeEach(async () => {
    lab = new ControlLab();
    await lab.open();
    for (const vtep of [2, 3, 4]) lab.topology.near.ip(`route add 10.255.0.${vtep}/32 via 10.0.0.2`);
  });

  afterEach(() => {
    lab.close();
  });

  const vrf = (name = "tenant") => lab.control.vrfs.idOf(name);

  function host(ip: string, name = "tenant"): { kind: number; target: number } {
    const index = lab.tables.hosts.findAddress(vrf(name), mappedAddress(ip));
    const { hosts } = lab.tables;
    return { kind: index === 0 ? HostKind.NONE : hosts.kindAt(index), target: index === 0 ? 0 : hosts.targetAt(index) };
  }

  function prefix(text: string, name = "tenant"): number {
    const { address, length } = mappedPrefix(text);
    return lab.tables.prefixes.find(vrf(name), address, length);
  }

  /** "10.255.0.2 94:…" or "domain red" of each bucket. */
  function places(route: number): string[] {
    const { routes: table } = lab.tables;
    return Array.from(table.bucketsOf(route), (path) => {
      if (path === 0) return "none";
      if (table.pathKind[path] === PathKind.CONNECTED)
        return `domain ${lab.control.domains.nameOf(table.pathBd[path]!)}`;
      const mac = formatMac(table.pathRouterHi[path]!, table.pathRouterLo[path]!);
      return `${lab.control.vteps.addressOf(table.pathVtep[path]!)} ${mac}`;
    });
  }

  it("makes VRFs, gateways and connected subnets", async () => {
    await lab.apply(twoSubnets);
    const { vrfs, bridgeDomains } = lab.tables;
    expect(vrfs.byVni(5000)).toBe(vrf());
    expect(vrfs.flags[vrf()]).toBe(VrfFlag.SYMMETRIC);
    expect(formatMac(vrfs.routerHi[vrf()]!, vrfs.routerLo[vrf()]!)).toBe("94:94:26:ff:00:11");
    expect(vrfs.addressOf(vrf(), false)).toEqual(mappedAddress("192.168.100.1"));
    expect(vrfs.addressOf(vrf(), true)).toEqual(mappedAddress("2001:db8:100::1"));
    const [red, blue] = ["red", "blue"].map((name) => lab.control.domains.idOf(name)) as [number, number];
    expect(bridgeDomains.flags[red]! & BdFlag.GATEWAY).toBe(BdFlag.GATEWAY);
    expect(formatMac(bridgeDomains.gatewayHi[blue]!, bridgeDomains.gatewayLo[blue]!)).toBe(GATEWAY);
    expect([bridgeDomains.vni[red], bridgeDomains.vni[blue]]).toEqual([100, 0]);
    expect(host("192.168.200.1")).toEqual({ kind: HostKind.LOCAL, target: blue });
    expect(new Set(places(prefix("192.168.100.0/24")))).toEqual(new Set(["domain red"]));
    expect(prefix("2001:db8:100::/64")).toBe(prefix("192.168.100.0/24"));
    expect(lab.tables.prefixes.lookup(vrf(), 0, 0, 0xffff, readI32(mappedAddress("192.168.200.9"), 12))).toBe(
      prefix("192.168.200.0/24"),
    );
  });

  it("C23: two VRFs may have the same addresses", async () => {
    const again = `  - { name: other, l3vni: 6000, routerMac: 94:94:26:ff:00:12 }\nbridgeDomains:\n  - { name: green, vni: 300, vrf: other, gateway: { mac: "${GATEWAY}", addresses: [192.168.100.1/24] } }\n`;
    const text = twoSubnets.replace(/^vrfs: \[(.*)\]$/m, "vrfs:\n  - $1").replace("bridgeDomains:\n", again);
    await lab.apply(text);
    expect(new Set(places(prefix("192.168.100.0/24", "other")))).toEqual(new Set(["domain green"]));
    expect(new Set(places(prefix("192.168.100.0/24")))).toEqual(new Set(["domain red"]));
    lab.receive("eth1", gratuitousArp(A));
    expect(host(A.ip).kind).toBe(HostKind.NEIGHBOR);
    expect(host(A.ip, "other").kind).toBe(HostKind.NONE);
  });

  it("S59: several VTEPs share a prefix; one that comes or goes moves its own flows only", async () => {
    const other = { prefix: "10.8.0.0/16", vteps: [2, 3] };
    const apply = (...vteps: number[]) =>
      lab.apply(twoSubnets + routes({ prefix: "10.9.0.0/16", vteps }, other, { prefix: "2001:db8:9::/48", vteps }));
    const now = () => places(prefix("10.9.0.0/16"));
    await apply(2, 3);
    const two = now();
    expect(two.filter((place) => place === `10.255.0.2 ${routerMac(2)}`)).toHaveLength(32);
    expect(prefix("2001:db8:9::/48")).toBe(prefix("10.9.0.0/16"));
    const otherRoute = prefix("10.8.0.0/16");
    lab.tables.deltas.clear();
    await apply(2, 3, 4);
    const three = now();
    const moved = two.filter((place, bucket) => place !== three[bucket]);
    expect(three.filter((place) => place.startsWith("10.255.0.4 "))).toHaveLength(moved.length);
    expect(moved.length).toBeGreaterThan(19);
    await apply(2, 4);
    now().forEach((place, bucket) => {
      if (!three[bucket]!.startsWith("10.255.0.3 ")) expect(place).toBe(three[bucket]);
    });
    expect(new Set(now()).size).toBe(2);
    expect(prefix("10.8.0.0/16")).toBe(otherRoute);
    expect(places(otherRoute)).toEqual(two);
  });

  it("applied twice, or changed elsewhere, nothing of routing is touched", async () => {
    const text = twoSubnets + routes({ prefix: "10.9.0.0/16", vteps: [2, 3] }, { prefix: "10.9.9.9/32", vteps: [2] });
    await lab.apply(text);
    lab.receive("eth1", gratuitousArp(A));
    lab.tables.deltas.clear();
    const touched: number[] = [];
    const { apply } = lab.driver;
    lab.driver.apply = (tables) => {
      const { hosts, prefixes, routes: sets, paths, vrfs } = tables.deltas;
      touched.push(hosts.length, prefixes.length, sets.size, paths.size, vrfs.size);
      return apply.call(lab.driver, tables);
    };
    await lab.apply(text);
    await lab.apply(text.replace("name: red, vni: 100", "name: red, vni: 101, ageing: 77"));
    expect(new Set(touched)).toEqual(new Set([0]));
    expect(host(A.ip).kind).toBe(HostKind.NEIGHBOR);
  });

  it("numbers of routes and paths are given back", async () => {
    for (let round = 0; round < 40; round++) {
      const vteps = [2, 3, 4].filter((_, index) => ((round % 7) + 1) & (1 << index));
      await lab.apply(twoSubnets + routes({ prefix: "10.9.0.0/16", vteps }));
    }
    expect(prefix("10.9.0.0/16")).toBeLessThan(8);
    await lab.apply(twoSubnets);
    expect(prefix("10.9.0.0/16")).toBe(0);
    expect([...lab.control.routes.all()].map((route) => route.prefix).sort()).toEqual([
      "192.168.100.0/24",
      "192.168.200.0/24",
      "2001:db8:100::/64",
      "2001:db8:200::/64",
    ]);
  });

  it("O6: a host route is a host entry; a neighbour yields to it and returns, our own address never yields", async () => {
    await lab.apply(twoSubnets);
    lab.receive("eth1", gratuitousArp(A));
    const red = lab.control.domains.idOf("red");
    expect(host(A.ip)).toEqual({ kind: HostKind.NEIGHBOR, target: red });
    const list = [A.ip, "192.168.100.1", "2001:db8:200::22"].map((ip) => ({
      prefix: `${ip}/${ip.includes(":") ? 128 : 32}`,
      vteps: [2],
    }));
    await lab.apply(twoSubnets + routes(...list));
    expect(host(A.ip).kind).toBe(HostKind.ROUTE);
    expect(places(host(A.ip).target)[0]).toBe(`10.255.0.2 ${routerMac(2)}`);
    expect(host("192.168.100.1")).toEqual({ kind: HostKind.LOCAL, target: red });
    expect(host("2001:db8:200::22").kind).toBe(HostKind.ROUTE);
    lab.receive("eth1", gratuitousArp({ ...A, mac: "02:00:00:00:00:0c" }));
    expect(host(A.ip).kind).toBe(HostKind.ROUTE);
    await lab.apply(twoSubnets);
    expect(host(A.ip)).toEqual({ kind: HostKind.NEIGHBOR, target: red });
    const index = lab.tables.hosts.findAddress(vrf(), mappedAddress(A.ip));
    expect(formatMac(lab.tables.hosts.hiAt(index), lab.tables.hosts.loAt(index))).toBe("02:00:00:00:00:0c");
    expect(host("192.168.100.1").kind).toBe(HostKind.LOCAL);
    expect(host("2001:db8:200::22").kind).toBe(HostKind.NONE);
  });

  it("a connected subnet goes before a route for the same prefix, which returns when the gateway goes", async () => {
    const text = twoSubnets + routes({ prefix: "192.168.100.0/24", vteps: [2] });
    await lab.apply(text);
    expect(places(prefix("192.168.100.0/24"))[0]).toBe("domain red");
    await lab.apply(text.replace("[192.168.100.1/24, 2001:db8:100::1/64]", "[2001:db8:100::1/64]"));
    expect(places(prefix("192.168.100.0/24"))[0]).toBe(`10.255.0.2 ${routerMac(2)}`);
    expect(host("192.168.100.1").kind).toBe(HostKind.NONE);
  });

  it("hosts follow their domain into another VRF", async () => {
    const vrfs =
      "vrfs:\n  - { name: tenant, l3vni: 5000, routerMac: 94:94:26:ff:00:11 }\n  - { name: other, irb: asymmetric }";
    const text = twoSubnets.replace(/^vrfs:.*$/m, vrfs);
    await lab.apply(text);
    lab.receive("eth1", gratuitousArp(A));
    await lab.apply(text.replace("vni: 100, vrf: tenant", "vni: 100, vrf: other"));
    expect(host(A.ip).kind).toBe(HostKind.NONE);
    expect(host(A.ip, "other").kind).toBe(HostKind.NEIGHBOR);
    expect(lab.tables.vrfs.flags[vrf("other")]! & VrfFlag.SYMMETRIC).toBe(0);
    await lab.apply(twoSubnets);
    expect(host(A.ip).kind).toBe(HostKind.NEIGHBOR);
    expect(vrf("other")).toBe(0);
  });

  it("O16: a route to another VTEP in an asymmetric VRF says that the destination's VNI is not here", async () => {
    const text = twoSubnets.replace("routerMac: 94:94:26:ff:00:11", "irb: asymmetric");
    await lab.apply(text + routes({ prefix: "10.9.0.0/16", vteps: [2] }));
    lab.receive("eth1", packet(A, GATEWAY, "10.9.1.1", 1));
    expect(lab.drops(Drop.NO_VNI_FOR_DST_SUBNET)).toBe(1);
  });

  it("two VRFs swap their L3 VNIs in one reload", async () => {
    const vrfs = (one: number, two: number) =>
      twoSubnets.replace(
        /^vrfs:.*$/m,
        `vrfs:\n  - { name: tenant, l3vni: ${one}, routerMac: 94:94:26:ff:00:11 }\n  - { name: other, l3vni: ${two}, routerMac: 94:94:26:ff:00:11 }`,
      );
    await lab.apply(vrfs(5000, 6000));
    await lab.apply(vrfs(6000, 5000));
    expect([lab.tables.vrfs.byVni(5000), lab.tables.vrfs.byVni(6000)]).toEqual([vrf("other"), vrf()]);
  });

  it("another local address keeps the routes, though VTEPs may have other numbers", async () => {
    const text = twoSubnets + routes({ prefix: "10.9.0.0/16", vteps: [3, 2] });
    await lab.apply(text);
    const before = places(prefix("10.9.0.0/16"));
    lab.topology.near.ip("addr add 10.255.0.9/32 dev lo");
    await lab.apply(text.replace("10.255.0.1,", "10.255.0.9,"));
    expect(places(prefix("10.9.0.0/16"))).toEqual(before);
  });

  it("everything goes with the VRF", async () => {
    await lab.apply(twoSubnets + routes({ prefix: "10.9.0.0/16", vteps: [2] }));
    lab.receive("eth1", gratuitousArp(A));
    await lab.apply(`
vtep: { address: 10.255.0.1, underlay: [up0] }
bridgeDomains: [{ name: red, vni: 100 }]
ports: [{ interface: eth1, bridgeDomain: red }]
`);
    expect(lab.tables.hosts.count + lab.tables.prefixes.count).toBe(0);
    expect(lab.tables.vrfs.byVni(5000)).toBe(0);
    expect(lab.bindings()).toEqual([`red ${A.ip} ${A.mac}`]);
    const red = lab.control.domains.idOf("red");
    expect(lab.tables.bridgeDomains.flags[red]! & (BdFlag.GATEWAY | BdFlag.ARP_SUPPRESSION)).toBe(
      BdFlag.ARP_SUPPRESSION,
    );
    await lab.apply(`
vtep: { address: 10.255.0.1, underlay: [up0] }
bridgeDomains: [{ name: red, vni: 100, arpSuppression: false }]
ports: [{ interface: eth1, bridgeDomain: red }]
`);
    expect(lab.bindings()).toEqual([]);
  });

  it("P MTU: an underlay too small for its access interfaces, and a TTL of 1, are said once", async () => {
    lab.close();
    lab = new ControlLab();
    lab.topology.near.ip("link set up0 mtu 1549", "link set up1 mtu 1600");
    await lab.open();
    const said = () => lab.told.filter(({ kind }) => kind === "underlay_mtu_too_small" || kind === "ttl_too_small");
    await lab.apply(twoSubnets.replace("underlay: [up0, up1]", "underlay: [up0, up1], ttl: 1"));
    await lab.apply(twoSubnets.replace("underlay: [up0, up1]", "underlay: [up0, up1], ttl: 1"));
    expect(lab.control.warnings()[1]).toMatch(
      /^underlay up0 has MTU 1549, .* access interface eth. \(MTU 1500\) need 1550/,
    );
    expect(
      said()
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(["ttl_too_small", "underlay_mtu_too_small"]);
    expect(lab.control.problems()).toEqual([]);
    lab.topology.near.ip("link set up0 mtu 1550");
    await expect.poll(() => lab.control.warnings()).toEqual(["vtep.ttl 1 reaches no VTEP beyond the first router"]);
  });
});
