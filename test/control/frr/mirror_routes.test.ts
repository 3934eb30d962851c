/** What zebra writes into the kernel, in the tables: bindings, router MACs, routes and next-hop objects. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HostKind } from "../../../src/abi/generated.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { binding, CONFIG, MirrorKernel, MirrorLab, route, routerMac } from "./mirror_lab.js";

const [V2, V3] = ["10.0.0.2", "10.0.0.3"];
const [R2, R3] = ["02:00:00:00:50:02", "02:00:00:00:50:03"];
const HOST = "02:aa:00:00:00:01";

describe.skipIf(unavailable !== null)(titled("bindings and routes that zebra writes"), () => {
  let kernel: MirrorKernel;
  let lab: MirrorLab;
  const routesBecome = (rows: string[]) => vi.waitFor(() => expect(lab.routeRows()).toEqual(rows));

  beforeEach(async () => {
    kernel = new MirrorKernel();
    lab = new MirrorLab(kernel);
  });

  afterEach(() => {
    lab.close();
    kernel.remove();
  });

  it("bindings come, change and go; those of hosts here are not zebra's", async () => {
    kernel.ip(
      binding("10.1.100.12", HOST),
      "neigh replace 10.1.100.13 lladdr 02:aa:00:00:00:03 dev br100 nud permanent",
    );
    await lab.open();
    expect(lab.bindingRows()).toEqual([`red 10.1.100.12 ${HOST} 0`]);
    kernel.ip(binding("fd00::1", HOST, "router"), binding("10.1.100.13", HOST));
    const three = [`red 10.1.100.12 ${HOST} 0`, `red 10.1.100.13 ${HOST} 0`, `red fd00::1 ${HOST} 4`];
    await vi.waitFor(() => expect(lab.bindingRows()).toEqual(three));
    kernel.ip(
      "neigh del 10.1.100.12 dev br100",
      "neigh replace 10.1.100.13 lladdr 02:aa:00:00:00:03 dev br100 nud permanent",
    );
    await vi.waitFor(() => expect(lab.bindingRows()).toEqual([`red fd00::1 ${HOST} 4`]));
    kernel.ip(binding("fd00::1", "02:aa:00:00:00:09"));
    await vi.waitFor(() => expect(lab.bindingRows()).toEqual(["red fd00::1 02:aa:00:00:00:09 0"]));
  });

  it("O6: routes by a VTEP wait for its router MAC, of both families", async () => {
    await lab.open();
    kernel.ip(route("10.1.200.12/32", V2), route("10.1.200.0/24", V2));
    await routesBecome(["10.1.200.0/24 dropped", "10.1.200.12/32 dropped"]);
    expect(lab.routes.problems()).toEqual(["VRF tenant: VTEP 10.0.0.2 has routes and no router MAC"]);
    kernel.ip(routerMac(V2, R2));
    await routesBecome([`10.1.200.0/24 ${V2} ${R2}`, `10.1.200.12/32 ${V2} ${R2}`]);
    kernel.ip(
      routerMac(`::ffff:${V2}`, R2),
      route("2001:db8:200::/64", `::ffff:${V2}`),
      route("2001:db8::c/128", `::ffff:${V2}`),
    );
    await vi.waitFor(() => expect(lab.routeRows()).toHaveLength(4));
    expect(lab.routeRows().slice(2)).toEqual([`2001:db8:200::/64 ${V2} ${R2}`, `2001:db8::c/128 ${V2} ${R2}`]);
    expect(lab.routes.problems()).toEqual([]);
    kernel.ip("route del 10.1.200.12/32", "route del 2001:db8:200::/64");
    await routesBecome([`10.1.200.0/24 ${V2} ${R2}`, `2001:db8::c/128 ${V2} ${R2}`]);
  });

  it("what stood before the start", async () => {
    kernel.ip(routerMac(V2, R2), route("10.1.200.12/32", V2), route("0.0.0.0/0", V2), route("::/0", `::ffff:${V2}`));
    await lab.open();
    expect(lab.routeRows()).toEqual([`0.0.0.0/0 ${V2} ${R2}`, `10.1.200.12/32 ${V2} ${R2}`, `::/0 ${V2} ${R2}`]);
    expect(lab.everything().vteps).toEqual([V2]);
  });

  it("several next hops in one route, fewer, and more", async () => {
    await lab.open();
    kernel.ip(
      routerMac(V2, R2),
      routerMac(V3, R3),
      route("10.1.200.0/24", V2, V3),
      route("2001:db8:200::/64", `::ffff:${V2}`, `::ffff:${V3}`),
    );
    const both = `${V2} ${R2} + ${V3} ${R3}`;
    await routesBecome([`10.1.200.0/24 ${both}`, `2001:db8:200::/64 ${both}`]);
    kernel.ip(route("10.1.200.0/24", V3));
    await routesBecome([`10.1.200.0/24 ${V3} ${R3}`, `2001:db8:200::/64 ${both}`]);
    kernel.ip(route("10.1.200.0/24", V2, V3), "route del 2001:db8:200::/64");
    await routesBecome([`10.1.200.0/24 ${both}`]);
  });

  it("a router MAC that changes is one write, whatever the number of routes", async () => {
    await lab.open();
    const hosts = Array.from({ length: 100 }, (_, index) => route(`10.1.200.${index}/32`, V2));
    kernel.ip(routerMac(V2, R2), ...hosts);
    await vi.waitFor(() => expect(lab.routeRows()).toHaveLength(100));
    lab.forgetWrites();
    kernel.ip(routerMac(V2, R3));
    await vi.waitFor(() => expect(lab.routeRows()[0]).toBe(`10.1.200.0/32 ${V2} ${R3}`));
    lab.flush();
    expect(lab.writes).toMatchObject({ hosts: 0, prefixes: 0, routes: 0, paths: 1, vteps: 0 });
  });

  it("O13: one route less leaves the router MAC and the others; a lost router MAC is kept for the routes it has", async () => {
    await lab.open();
    kernel.ip(routerMac(V2, R2), route("10.1.200.12/32", V2), route("10.1.200.13/32", V2));
    await routesBecome([`10.1.200.12/32 ${V2} ${R2}`, `10.1.200.13/32 ${V2} ${R2}`]);
    kernel.ip("route del 10.1.200.12/32", `neigh del ${V2} dev br5000`);
    await vi.waitFor(() =>
      expect(lab.routes.problems()).toEqual([`VRF tenant: VTEP ${V2} has routes and no router MAC`]),
    );
    expect(lab.routeRows()).toEqual([`10.1.200.13/32 ${V2} ${R2}`]);
    kernel.ip(routerMac(V2, R2));
    await vi.waitFor(() => expect(lab.routes.problems()).toEqual([]));
    kernel.ip("route del 10.1.200.13/32");
    await routesBecome([]);
    await vi.waitFor(() => expect(lab.everything().vteps).toEqual([]));
  });

  it("O14: a route that flaps writes nothing but itself", async () => {
    await lab.open();
    kernel.ip(routerMac(V2, R2), route("10.1.200.13/32", V2), route("10.1.200.12/32", V2));
    await vi.waitFor(() => expect(lab.routeRows()).toHaveLength(2));
    lab.forgetWrites();
    const flap = ["route del 10.1.200.12/32", route("10.1.200.12/32", V2)];
    kernel.ip(...Array.from({ length: 100 }, () => flap).flat(), "route del 10.1.200.12/32");
    await routesBecome([`10.1.200.13/32 ${V2} ${R2}`]);
    lab.flush();
    expect(lab.writes.hosts).toBeLessThanOrEqual(201);
    expect(lab.writes).toMatchObject({ fdb: 0, prefixes: 0, routes: 0, paths: 0, vteps: 0 });
  });

  it("what is connected here is not overridden, and what the config routes neither", async () => {
    const fixed = `{ vrf: tenant, prefix: 10.7.0.0/16, vtep: ${V3}, routerMac: ${R3} }`;
    await lab.open();
    lab.routes.connect("tenant", new Uint8Array([...new Array(10).fill(0), 255, 255, 10, 1, 100, 0]), 120, "red");
    lab.configure(
      `${CONFIG}control: { static: { vteps: [{ address: ${V3}, bridgeDomains: [] }], routes: [${fixed}] } }`,
    );
    kernel.ip(routerMac(V2, R2), route("10.7.0.0/16", V2), route("10.1.0.0/16", V2));
    kernel.ip(`route replace 10.1.100.0/24 via ${V2} dev br5000 onlink proto bgp metric 20`);
    await vi.waitFor(() => expect(lab.mirror.counts().routes).toBe(3));
    const ours = ["10.1.100.0/24 domain red", `10.7.0.0/16 ${V3} ${R3}`];
    await vi.waitFor(() => expect(lab.routeRows()).toEqual([`10.1.0.0/16 ${V2} ${R2}`, ...ours]));
    lab.configure(CONFIG);
    lab.routes.disconnect("tenant", new Uint8Array([...new Array(10).fill(0), 255, 255, 10, 1, 100, 0]), 120);
    const theirs = [`10.1.100.0/24 ${V2} ${R2}`, `10.7.0.0/16 ${V2} ${R2}`];
    expect(lab.routeRows()).toEqual([`10.1.0.0/16 ${V2} ${R2}`, ...theirs]);
  });

  it("next-hop objects: all routes of one follow it at once", async () => {
    await lab.open();
    const objects = [V2, V3].map(
      (vtep, index) => `nexthop add id ${index + 2} via ${vtep} dev br5000 onlink proto zebra`,
    );
    kernel.ip(routerMac(V2, R2), routerMac(V3, R3), ...objects, "nexthop add id 9 group 2/3 proto zebra");
    const hosts = Array.from(
      { length: 50 },
      (_, index) => `route add 10.1.200.${index + 10}/32 nhid 9 proto bgp metric 20`,
    );
    kernel.ip(...hosts, "route add 10.1.0.0/16 nhid 2 proto bgp metric 20");
    await vi.waitFor(() => expect(lab.routeRows()).toHaveLength(51));
    expect(lab.routeRows()[0]).toBe(`10.1.0.0/16 ${V2} ${R2}`);
    expect(lab.routeRows()[1]).toBe(`10.1.200.10/32 ${V2} ${R2} + ${V3} ${R3}`);
    lab.forgetWrites();
    kernel.ip("nexthop replace id 9 group 3 proto zebra");
    await vi.waitFor(() => expect(lab.routeRows()[50]).toBe(`10.1.200.59/32 ${V3} ${R3}`));
    expect(lab.routeRows()[1]).toBe(`10.1.200.10/32 ${V3} ${R3}`);
    lab.flush();
    expect(lab.writes).toMatchObject({ hosts: 0, prefixes: 0, routes: 1 });
    kernel.ip("nexthop del id 9");
    await routesBecome([`10.1.0.0/16 ${V2} ${R2}`]);
  });

  it("routes that vanish with their interface, of which the kernel does not tell", async () => {
    await lab.open();
    kernel.ip(routerMac(V2, R2), route("10.1.200.12/32", V2));
    await routesBecome([`10.1.200.12/32 ${V2} ${R2}`]);
    kernel.ip("link set br5000 down");
    await routesBecome([]);
    kernel.ip("link set br5000 up", routerMac(V2, R2), route("10.1.200.12/32", V2));
    await routesBecome([`10.1.200.12/32 ${V2} ${R2}`]);
  });

  it("routes of others, and what is not ours to carry", async () => {
    await lab.open();
    kernel.ip(
      "addr add 172.16.0.1/24 dev up0",
      "route add 10.3.0.0/16 via 172.16.0.2",
      "route add 10.4.0.0/16 via 172.16.0.2 proto bgp table 77",
    );
    kernel.ip(
      "route add 10.5.0.0/16 via 172.16.0.2 proto bgp metric 20",
      "route add blackhole 10.6.0.0/16 proto 196 metric 20",
    );
    kernel.ip("route add 10.7.0.0/16 dev br100 proto bgp metric 20");
    await routesBecome(["10.5.0.0/16 dropped", "10.6.0.0/16 dropped", "10.7.0.0/16 dropped"]);
    const up0 = kernel.ifindex("up0");
    expect(lab.mirror.problems().sort()).toEqual([
      `VRF tenant: routes lead by gateway 172.16.0.2 to interface ${up0}, which is no tunnel`,
      "VRF tenant: routes lead by no gateway to bridge domain red",
    ]);
    kernel.ip("route del 10.5.0.0/16", "route del 10.6.0.0/16", "route del 10.7.0.0/16");
    await routesBecome([]);
    expect(lab.mirror.problems()).toEqual([]);
  });

  it("O18: a gateway that is a host of a domain, alone and beside a VTEP, of both families", async () => {
    await lab.open();
    const [known, unknown] = ["02:aa:00:00:00:77", "00:00:00:00:00:00"];
    kernel.ip("route add 10.7.0.0/16 via 10.1.100.77 proto bgp metric 20", routerMac(V2, R2));
    kernel.ip(
      "route add 2001:db8:7::/48 via fe80::77 dev br100 proto bgp metric 20",
      `route add 10.8.0.0/16 proto bgp metric 20 nexthop via ${V2} dev br5000 onlink nexthop via 10.1.100.77 dev br100`,
    );
    await routesBecome([`10.7.0.0/16 red ${unknown}`, `10.8.0.0/16 ${V2} ${R2}`, `2001:db8:7::/48 red ${unknown}`]);
    expect(lab.mirror.problems()).toEqual([]);
    lab.learn("red", "10.1.100.77", known);
    lab.learn("red", "fe80::77", known);
    const both = `10.8.0.0/16 ${V2} ${R2} + red ${known}`;
    expect(lab.routeRows()).toEqual([`10.7.0.0/16 red ${known}`, both, `2001:db8:7::/48 red ${known}`]);
    kernel.ip("nexthop add id 4 via 10.1.100.77 dev br100 proto zebra", "route add 10.9.0.0/16 nhid 4 proto bgp");
    await vi.waitFor(() => expect(lab.routeRows()[2]).toBe(`10.9.0.0/16 red ${known}`));
    lab.forgetWrites();
    lab.learn("red", "10.1.100.77", R3);
    expect(lab.routeRows()[0]).toBe(`10.7.0.0/16 red ${R3}`);
    expect(lab.writes).toMatchObject({ hosts: 0, prefixes: 0, routes: 0, paths: 1 });
  });

  it("routes that were read before their bridge was known as a domain's", async () => {
    await lab.open();
    await lab.look(["red"]);
    const bridge = kernel.ifindex("br100");
    kernel.ip("route add 10.7.0.0/16 via 10.1.100.77 proto bgp metric 20");
    await routesBecome(["10.7.0.0/16 dropped"]);
    const why = `VRF tenant: routes lead by gateway 10.1.100.77 to interface ${bridge}, which is no tunnel`;
    expect(lab.mirror.problems()).toEqual([why]);
    await lab.look();
    await routesBecome(["10.7.0.0/16 red 00:00:00:00:00:00"]);
    expect(lab.mirror.problems()).toEqual([]);
  });

  it("two routes for a prefix: the lower metric counts, and the other when it goes", async () => {
    await lab.open();
    kernel.ip(routerMac(V2, R2), routerMac(V3, R3), route("10.8.0.0/16", V2));
    kernel.ip(`route add 10.8.0.0/16 via ${V3} dev br5000 onlink proto ospf metric 30`);
    await vi.waitFor(() => expect(lab.mirror.counts().routes).toBe(1));
    await routesBecome([`10.8.0.0/16 ${V2} ${R2}`]);
    kernel.ip("route del 10.8.0.0/16 metric 20");
    await routesBecome([`10.8.0.0/16 ${V3} ${R3}`]);
  });

  it("everything goes with the VRF, and comes back with it", async () => {
    await lab.open();
    kernel.ip(routerMac(V2, R2), route("10.1.200.12/32", V2), route("10.1.0.0/16", V2));
    await vi.waitFor(() => expect(lab.routeRows()).toHaveLength(2));
    expect(lab.hostKind("10.1.200.12")).toBe(HostKind.ROUTE);
    lab.configure(CONFIG.replaceAll("tenant", "other"));
    await lab.mirror.refresh();
    expect(lab.routeRows()).toEqual([]);
    lab.configure(CONFIG);
    await lab.mirror.refresh();
    expect(lab.routeRows()).toEqual([`10.1.0.0/16 ${V2} ${R2}`, `10.1.200.12/32 ${V2} ${R2}`]);
    await lab.look(["tenant"]);
    expect(lab.everything()).toMatchObject({ routes: [], vteps: [] });
  });
});
