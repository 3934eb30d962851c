import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { titled, unavailable } from "../netlink/kernel.js";
import { describePath, type Followed, P0_MAC, P1_MAC, Topology } from "./topology.js";

const VTEP = "10.255.0.2";
const VTEP6 = "2001:db8::2";
const PATIENCE = { timeout: 20_000, interval: 10 };

describe.skipIf(unavailable !== null)(titled("the underlay with the kernel"), () => {
  let lab: Topology;

  beforeEach(() => {
    lab = new Topology();
  });

  afterEach(() => {
    lab.remove();
  });

  async function expectPath(followed: Followed, vtep: string, ...legs: string[]): Promise<void> {
    await vi.waitFor(() => expect(describePath(followed.underlay.path(vtep))).toEqual(legs), PATIENCE);
  }

  it("finds a VTEP behind an IPv4 gateway, and resolves the gateway without any traffic", async () => {
    lab.near.ip("route add 10.255.0.2/32 via 10.0.0.2 mtu 1400");
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
    expect(followed.underlay.path(VTEP)?.legs[0]).toMatchObject({
      mtu: 1400,
      ifindex: followed.links.get("up0")?.ifindex,
    });
    expect(followed.underlay.path(VTEP)?.legs[0]?.sourceMac).toBe(followed.links.get("up0")?.mac);
    expect(followed.underlay.path(VTEP)).not.toHaveProperty("reason");
  });

  it("finds a VTEP on the link itself", async () => {
    const followed = await lab.follow(["10.0.1.2"]);
    await expectPath(followed, "10.0.1.2", `up1 via 10.0.1.2 ${P1_MAC} weight 1`);
  });

  it("finds an IPv6 VTEP behind ECMP link-local next hops, the same address on both links", async () => {
    lab.near.ip("route add 2001:db8::2/128 nexthop via fe80::1 dev up0 nexthop via fe80::1 dev up1 weight 3");
    const followed = await lab.follow([VTEP6]);
    await expectPath(followed, VTEP6, `up0 via fe80::1 ${P0_MAC} weight 1`, `up1 via fe80::1 ${P1_MAC} weight 3`);
  });

  it("finds an IPv4 VTEP by IPv6 next hops (RFC 5549), the same address on both links", async () => {
    lab.near.ip("route add 10.255.0.2/32 nexthop via inet6 fe80::1 dev up0 nexthop via inet6 fe80::1 dev up1");
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, `up0 via fe80::1 ${P0_MAC} weight 1`, `up1 via fe80::1 ${P1_MAC} weight 1`);
    expect(lab.near.read("-4 neigh show")).not.toMatch(/10\.255\.0\.2/);
  });

  it("takes FRR's onlink 169.254.0.1 legs, each with its own permanent neighbour", async () => {
    lab.near.ip("neigh add 169.254.0.1 lladdr 02:00:00:00:0a:00 dev up0 nud permanent");
    lab.near.ip("neigh add 169.254.0.1 lladdr 02:00:00:00:0a:01 dev up1 nud permanent");
    const legs = "nexthop via 169.254.0.1 dev up0 onlink nexthop via 169.254.0.1 dev up1 onlink";
    lab.near.ip(`route add 10.255.0.2/32 ${legs}`);
    const followed = await lab.follow([VTEP]);
    await expectPath(
      followed,
      VTEP,
      "up0 via 169.254.0.1 02:00:00:00:0a:00 weight 1",
      "up1 via 169.254.0.1 02:00:00:00:0a:01 weight 1",
    );
    lab.near.ip("neigh replace 169.254.0.1 lladdr 02:00:00:00:0a:99 dev up1 nud permanent");
    await expectPath(
      followed,
      VTEP,
      "up0 via 169.254.0.1 02:00:00:00:0a:00 weight 1",
      "up1 via 169.254.0.1 02:00:00:00:0a:99 weight 1",
    );
  });

  it("follows next-hop objects: a group, its weights, a member that changes", async () => {
    lab.near.ip("nexthop add id 1 via 10.0.0.2 dev up0", "nexthop add id 2 via 10.0.1.2 dev up1");
    lab.near.ip("nexthop add id 10 group 1/2,3", "route add 10.255.0.2/32 nhid 10");
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`, `up1 via 10.0.1.2 ${P1_MAC} weight 3`);
    lab.near.ip("nexthop replace id 10 group 1");
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
    lab.near.ip("nexthop del id 10");
    await expectPath(followed, VTEP, "no route");
  });

  it("moves to the other uplink at once when a link goes down or loses carrier, and back", async () => {
    lab.near.ip("route add 10.255.0.2/32 via 10.0.0.2 metric 10", "route add 10.255.0.2/32 via 10.0.1.2 metric 20");
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
    for (let round = 0; round < 3; round++) {
      lab.near.ip("link set up0 down");
      await expectPath(followed, VTEP, `up1 via 10.0.1.2 ${P1_MAC} weight 1`);
      lab.near.ip("link set up0 up", "route add 10.255.0.2/32 via 10.0.0.2 metric 10");
      await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
    }
  });

  it("does not believe a route that the kernel is about to withdraw with its link", async () => {
    // IPv6 would lose its link-local address, whose event comes late enough to hide a question asked too early.
    lab.near.sysctl("net.ipv6.conf.up0.disable_ipv6=1");
    const others = Array.from(
      { length: 4000 },
      (_, i) => `route add 10.${128 + (i >> 8)}.${i & 255}.0/24 via 10.0.0.2`,
    );
    lab.near.ip(
      "route add 10.255.0.2/32 via 10.0.0.2 metric 10",
      "route add 10.255.0.2/32 via 10.0.1.2 metric 20",
      ...others,
    );
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
    lab.near.ipInBackground("link set up0 down");
    await expectPath(followed, VTEP, `up1 via 10.0.1.2 ${P1_MAC} weight 1`);
  });

  it("takes a leg without carrier out of an ECMP route", async () => {
    lab.near.ip("route add 10.255.0.2/32 nexthop via 10.0.0.2 nexthop via 10.0.1.2");
    const followed = await lab.follow([VTEP]);
    const both = [`up0 via 10.0.0.2 ${P0_MAC} weight 1`, `up1 via 10.0.1.2 ${P1_MAC} weight 1`];
    await expectPath(followed, VTEP, ...both);
    lab.far.ip("link set p0 down");
    await expectPath(followed, VTEP, `up1 via 10.0.1.2 ${P1_MAC} weight 1`);
    lab.far.ip("link set p1 down");
    await vi.waitFor(() => expect(followed.underlay.path(VTEP)?.reason).toMatch(/up[01] has no carrier/), PATIENCE);
    lab.far.ip("link set p0 up", "link set p1 up");
    await expectPath(followed, VTEP, ...both);
  });

  it("follows a neighbour that changes its MAC, and asks for no route because of it", async () => {
    lab.near.ip("route add 10.255.0.2/32 via 10.0.0.2");
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
    lab.near.ip("neigh replace 10.0.0.2 lladdr 02:00:00:00:02:99 dev up0 nud reachable");
    await expectPath(followed, VTEP, "up0 via 10.0.0.2 02:00:00:00:02:99 weight 1");
  });

  it("keeps a neighbour from going stale, and asks again for one that was deleted", async () => {
    lab.near.sysctl("net.ipv4.neigh.up0.delay_first_probe_time=1");
    lab.near.ip("route add 10.255.0.2/32 via 10.0.0.2");
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
    lab.near.ip(`neigh replace 10.0.0.2 lladdr ${P0_MAC} dev up0 nud stale`);
    await vi.waitFor(() => expect(lab.near.read("neigh show 10.0.0.2 dev up0")).toMatch(/REACHABLE/), PATIENCE);
    expect(followed.underlay.path(VTEP)?.legs[0]?.mac).toBe(P0_MAC);
    lab.near.ip("neigh del 10.0.0.2 dev up0");
    await vi.waitFor(() => expect(lab.near.read("neigh show 10.0.0.2 dev up0")).toMatch(/REACHABLE/), PATIENCE);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
  });

  it("reports a neighbour that does not answer, and finds it when it comes", async () => {
    lab.near.sysctl("net.ipv4.neigh.up0.mcast_solicit=1", "net.ipv4.neigh.up0.retrans_time_ms=20");
    lab.near.ip("route add 10.255.0.2/32 via 10.0.0.3");
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, "up0 via 10.0.0.3 neighbour 10.0.0.3 does not answer weight 1");
    expect(followed.underlay.path(VTEP)?.reason).toBe("neighbour 10.0.0.3 does not answer");
    lab.far.ip("addr add 10.0.0.3/24 dev p0");
    await expectPath(followed, VTEP, `up0 via 10.0.0.3 ${P0_MAC} weight 1`);
  });

  it.each([
    ["blackhole", "the route is a blackhole"],
    ["unreachable", "the route is unreachable"],
    ["prohibit", "the route is prohibited"],
  ])("says that a %s route carries nothing, in both families, until it is gone", async (type, reason) => {
    lab.near.ip("route add 10.255.0.2/32 via 10.0.0.2 metric 20", `route add ${type} 10.255.0.2/32 metric 10`);
    lab.near.ip(`route add ${type} 2001:db8::2/128 metric 10`);
    const followed = await lab.follow([VTEP, VTEP6]);
    await expectPath(followed, VTEP, reason);
    await expectPath(followed, VTEP6, reason);
    lab.near.ip(`route del ${type} 10.255.0.2/32 metric 10`);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
  });

  it("says why other addresses have no path", async () => {
    lab.near.ip("link add other type veth peer name other1", "link set other up", "link set other1 up");
    lab.near.ip("addr add 10.9.0.1/24 dev other");
    const followed = await lab.follow(["10.255.0.1", "10.9.0.2", "192.0.2.1"]);
    await expectPath(followed, "10.255.0.1", "it is an address of this host");
    await expectPath(followed, "10.9.0.2", "the route leaves by other, which is no underlay interface");
    await expectPath(followed, "192.0.2.1", "no route");
  });

  it("obeys policy rules by source and port", async () => {
    lab.near.ip("route add 10.255.0.2/32 via 10.0.0.2", "route add 10.255.0.2/32 via 10.0.1.2 table 77");
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
    lab.near.ip("rule add from 10.255.0.1 ipproto udp dport 4789 table 77");
    await expectPath(followed, VTEP, `up1 via 10.0.1.2 ${P1_MAC} weight 1`);
  });

  it("works before the local address is assigned", async () => {
    lab.near.ip("addr del 10.255.0.1/32 dev lo", "route add 10.255.0.2/32 via 10.0.0.2");
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
  });

  it("follows an interface that is deleted and made again", async () => {
    lab.near.ip("route add 10.255.0.2/32 via 10.0.0.2");
    const followed = await lab.follow([VTEP]);
    await expectPath(followed, VTEP, `up0 via 10.0.0.2 ${P0_MAC} weight 1`);
    const first = followed.links.get("up0")?.ifindex;
    lab.near.ip("link del up0");
    await expectPath(followed, VTEP, "no route");
    expect(followed.links.get("up0")).toBeNull();
    lab.addLink(0, "02:00:00:00:02:aa");
    lab.near.ip("route add 10.255.0.2/32 via 10.0.0.2");
    await expectPath(followed, VTEP, "up0 via 10.0.0.2 02:00:00:00:02:aa weight 1");
    expect(followed.links.get("up0")?.ifindex).not.toBe(first);
  });

  it("has the same state after an overrun as one who never missed a message", async () => {
    const vteps = Array.from({ length: 40 }, (_, i) => `10.255.1.${i + 1}`);
    const client = lab.near.open({ receiveBufferBytes: 8192 });
    const followed = await lab.follow(vteps, client);
    const churn = Array.from({ length: 40 }, (_, round) =>
      vteps.map((vtep) => `route replace ${vtep}/32 via 10.0.${round % 2}.2`),
    ).flat();
    lab.near.ip(
      ...churn,
      ...vteps.slice(0, 20).map((vtep) => `route replace ${vtep}/32 via 10.0.0.2`),
      "link set up1 mtu 1450",
    );
    await vi.waitFor(() => expect(client.counters.overruns).toBeGreaterThan(0), PATIENCE);
    for (const vtep of vteps)
      await vi.waitFor(() => expect(followed.underlay.path(vtep)?.legs[0]?.mac).toBeTruthy(), PATIENCE);
    await followed.underlay.settled();
    const fresh = await lab.follow(vteps);
    await vi.waitFor(() => {
      for (const vtep of vteps) expect(followed.underlay.path(vtep)).toEqual(fresh.underlay.path(vtep));
    }, PATIENCE);
    expect(fresh.underlay.path(vteps[39] ?? "")?.legs[0]).toMatchObject({ interface: "up1", mtu: 1450 });
    expect(followed.links.all()).toEqual(fresh.links.all());
  });
});
