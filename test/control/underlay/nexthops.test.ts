import { describe, expect, it } from "vitest";
import { parseIp, type RouteMessage, type RouteNexthop } from "../../../src/control/netlink/index.js";
import type { LinkState } from "../../../src/control/underlay/links.js";
import { legsOfRoute } from "../../../src/control/underlay/nexthops.js";
import { VtepIndex } from "../../../src/control/underlay/vtep_index.js";

function ip(text: string): Uint8Array {
  return parseIp(text) ?? new Uint8Array();
}

const UP: LinkState = {
  name: "up0",
  ifindex: 3,
  mac: "02:00:00:00:00:01",
  mtu: 1500,
  isUp: true,
  hasCarrier: true,
  isLive: true,
  isEthernet: true,
  kind: "veth",
  parentBus: null,
  master: 0,
  slaveKind: null,
  link: 0,
  isLinkElsewhere: false,
};
const VTEP = ip("10.255.0.2");

function route(nexthops: Partial<RouteNexthop>[], more: Partial<RouteMessage> = {}): RouteMessage {
  return {
    family: 2,
    destination: VTEP,
    prefixLength: 32,
    table: 254,
    protocol: 4,
    scope: 0,
    type: 1,
    flags: 0,
    priority: 0,
    preferredSource: null,
    nexthopId: 0,
    mtu: 0,
    nexthops: nexthops.map((one) => ({ ifindex: 3, gateway: null, weight: 1, flags: 0, encapType: 0, ...one })),
    ...more,
  };
}

function legs(of: RouteMessage, link: Partial<LinkState> = {}) {
  const context = {
    linkOf: (ifindex: number) => (ifindex === 3 ? { ...UP, ...link } : null),
    isUplink: (name: string) => name === "up0",
  };
  return legsOfRoute(of, VTEP, context);
}

describe("legs of a route", () => {
  it("need the gateway's MAC, or the VTEP's own on a shared link", () => {
    expect(legs(route([{ gateway: ip("fe80::1") }])).legs[0]?.via).toEqual(ip("fe80::1"));
    expect(legs(route([{}])).legs[0]?.via).toEqual(VTEP);
  });

  it("have the smaller MTU of route and interface", () => {
    expect(legs(route([{}])).legs[0]?.mtu).toBe(1500);
    expect(legs(route([{}], { mtu: 1400 })).legs[0]?.mtu).toBe(1400);
    expect(legs(route([{}], { mtu: 9000 })).legs[0]?.mtu).toBe(1500);
  });

  it.each<[string, Partial<RouteNexthop>, Partial<LinkState>]>([
    ["the route's interface 9 is gone", { ifindex: 9 }, {}],
    ["the route leaves by eth9, which is no underlay interface", {}, { name: "eth9" }],
    ["up0 is down", {}, { isUp: false }],
    ["up0 has no carrier", {}, { hasCarrier: false }],
    ["the next hop by up0 is dead", { flags: 1 }, {}],
    ["up0 is not an Ethernet interface", {}, { isEthernet: false }],
    ["the next hop by up0 wraps packets (encap type 1)", { encapType: 1 }, {}],
  ])("are left out when %s", (reason, nexthop, link) => {
    expect(legs(route([nexthop]), link)).toEqual({ legs: [], reason });
  });

  it("stand without a reason as long as one is left", () => {
    expect(legs(route([{ ifindex: 9 }, {}]))).toMatchObject({ legs: [{ weight: 1 }], reason: "" });
  });

  it("are none for a route without next hops, or of another type", () => {
    expect(legs(route([]))).toEqual({ legs: [], reason: "the route has no next hop" });
    expect(legs(route([{}], { type: 2 })).reason).toBe("it is an address of this host");
    expect(legs(route([{}], { type: 9 })).reason).toBe("route of type 9");
  });
});

describe("VTEP addresses inside a prefix", () => {
  const addresses = [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.1.0",
    "10.0.255.255",
    "10.1.0.0",
    "192.0.2.1",
    "2001:db8::1",
    "2001:db8:0:1::",
  ];
  const index = new VtepIndex<{ bytes: Uint8Array; text: string }>();
  index.replace([...addresses].reverse().map((text) => ({ text, bytes: ip(text) })));
  const covered = (prefix: string | null, length: number, isIpv6 = false) =>
    index.covered(isIpv6, prefix === null ? null : ip(prefix), length).map(({ text }) => text);

  it("are found for host routes, short prefixes and odd lengths", () => {
    expect(covered("10.0.0.2", 32)).toEqual(["10.0.0.2"]);
    expect(covered("10.0.0.0", 24)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(covered("10.0.0.0", 16)).toEqual(["10.0.0.1", "10.0.0.2", "10.0.1.0", "10.0.255.255"]);
    expect(covered("10.0.0.0", 15)).toHaveLength(5);
    expect(covered("10.0.0.2", 31)).toEqual(["10.0.0.2"]);
    expect(covered("172.16.0.0", 12)).toEqual([]);
  });

  it("are all of the family for the default route", () => {
    expect(covered(null, 0)).toHaveLength(6);
    expect(covered(null, 0, true)).toHaveLength(2);
    expect(covered("2001:db8::", 64, true)).toEqual(["2001:db8::1"]);
  });
});
