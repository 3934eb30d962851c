import { describe, expect, it } from "vitest";
import { decodeAcknowledgement, decodeDone } from "../../../src/control/netlink/acknowledgement.js";
import { formatIp, formatMacBytes } from "../../../src/control/netlink/address_text.js";
import { LinkFlag } from "../../../src/control/netlink/link.js";
import type { NetlinkObject } from "../../../src/control/netlink/message.js";
import { captured, captures, decodeCaptured } from "./captured.js";

/** Addresses as text, undefined members left out, so that expectations read like `ip` output. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, member) => {
      if (!(member instanceof Uint8Array)) return member;
      return member.length === 6 ? formatMacBytes(member) : formatIp(member);
    }),
  );
}

function content(name: string): unknown {
  const object: NetlinkObject = decodeCaptured(name);
  const { kind, removed, ...rest } = object;
  return plain(Object.values(rest)[0]);
}

function nexthop(gateway: string | null, more: object = {}) {
  return { ifindex: 3, gateway, weight: 1, flags: 0, encapType: 0, ...more };
}

describe("links", () => {
  it("reads a veth that is up", () => {
    const object = decodeCaptured("vethUp");
    expect(object).toMatchObject({
      kind: "link",
      removed: false,
      link: { ifindex: 3, name: "e0", kind: "veth", link: 2, mac: "02:00:00:00:00:01", mtu: 1600, txQueueLength: 500 },
    });
    if (object.kind !== "link") throw new Error("not a link");
    expect(object.link.flags & (LinkFlag.up | LinkFlag.lowerUp)).toBe(LinkFlag.up | LinkFlag.lowerUp);
    expect(object.link.operState).toBe(6);
  });

  it("reads vxlan devices, with a VNI and external", () => {
    expect(content("vxlan")).toMatchObject({
      kind: "vxlan",
      vxlan: { vni: 100, local: "10.0.0.1", remote: null, udpPort: 14789, learning: false, external: false },
    });
    expect(content("vxlanExternal")).toMatchObject({ vxlan: { vni: 0, udpPort: 4789, external: true } });
  });

  it("names the kind of software devices", () => {
    expect(content("bridge")).toMatchObject({ kind: "bridge", vxlan: null });
    expect(content("tap")).toMatchObject({ kind: "tun", name: "t0" });
  });

  it("tells a port that leaves its bridge from an interface that is deleted", () => {
    expect(decodeCaptured("bridgePortLeaves")).toMatchObject({ kind: "bridgePort", removed: true });
    expect(decodeCaptured("linkDeleted")).toMatchObject({ kind: "link", removed: true, link: { name: "vxd" } });
  });
});

describe("addresses", () => {
  it("reads both families", () => {
    expect(content("addr4")).toMatchObject({ family: 2, ifindex: 3, prefixLength: 24, address: "10.0.0.1" });
    expect(content("addr6")).toMatchObject({ family: 10, ifindex: 3, prefixLength: 64, address: "2001:db8::1" });
  });
});

describe("routes", () => {
  it("reads gateway, metric and MTU", () => {
    expect(content("route4")).toMatchObject({
      destination: "10.1.0.0",
      prefixLength: 16,
      protocol: 4,
      priority: 20,
      mtu: 1400,
      table: 254,
      nexthops: [nexthop("10.0.0.2")],
    });
  });

  it("reads an IPv4 route by an IPv6 next hop (RFC 5549)", () => {
    expect(content("routeVia")).toMatchObject({ family: 2, nexthops: [nexthop("fe80::2")] });
  });

  it("takes the table from RTA_TABLE and onlink from the route flags", () => {
    expect(content("routeTable")).toMatchObject({ table: 1001, nexthops: [nexthop("169.254.0.1", { flags: 4 })] });
  });

  it("reads multipath legs of mixed families with their weights", () => {
    const legs = [nexthop("10.0.0.2", { weight: 3 }), nexthop("fe80::2")];
    expect(content("multipath")).toMatchObject({ nexthopId: 0, nexthops: legs });
    expect(content("routeNhid")).toMatchObject({ nexthopId: 10, nexthops: legs });
    expect(decodeCaptured("routeDeleted")).toMatchObject({ kind: "route", removed: true });
  });

  it("reads IPv6 multipath", () => {
    expect(content("route6")).toMatchObject({ nexthops: [nexthop("fe80::2"), nexthop("fe80::3", { weight: 2 })] });
  });

  it("reads the types that carry nothing", () => {
    expect(content("blackhole")).toMatchObject({ type: 6, nexthops: [] });
    expect(content("unreachable6")).toMatchObject({ type: 7, destination: "2001:db8:5::" });
  });
});

describe("next-hop objects", () => {
  it("reads single next hops, groups and FDB next hops", () => {
    expect(content("nexthop")).toMatchObject({ id: 1, protocol: 186, ifindex: 3, gateway: "10.0.0.2", group: [] });
    expect(content("nexthop6")).toMatchObject({ id: 2, family: 10, gateway: "fe80::2" });
    const group = [
      { id: 1, weight: 3 },
      { id: 2, weight: 1 },
    ];
    expect(content("nexthopGroup")).toMatchObject({ id: 10, group });
    expect(content("nexthopFdb")).toMatchObject({ id: 3000, isFdb: true, ifindex: 0, gateway: "10.9.9.9" });
  });
});

describe("neighbours and forwarding entries", () => {
  it("reads the permanent entry behind FRR's unnumbered legs", () => {
    const mac = { linkLayer: "02:00:00:00:00:02" };
    expect(content("neighPermanent")).toMatchObject({ destination: "169.254.0.1", state: 0x80, protocol: 11, ...mac });
    expect(content("neigh6")).toMatchObject({ destination: "fe80::2", state: 0x02, flags: 0x80, ...mac });
    expect(decodeCaptured("neighDeleted")).toMatchObject({ removed: true, neighbor: { linkLayer: null } });
  });

  it("reads the vxlan half, the bridge half, flood and sticky entries", () => {
    expect(content("fdbVxlanSelf")).toMatchObject({ family: 7, flags: 0x12, destination: "10.0.0.2", master: 0 });
    expect(content("fdbMaster")).toMatchObject({ family: 7, flags: 0x10, state: 0x02, destination: null, master: 6 });
    expect(content("fdbFlood")).toMatchObject({ linkLayer: "00:00:00:00:00:00", destination: "10.0.0.2", flags: 0x02 });
    expect(content("fdbSticky")).toMatchObject({ flags: 0x40, state: 0x40, linkLayer: "02:aa:00:00:00:03" });
  });
});

describe("rules", () => {
  it("says that one changed", () => {
    expect(decodeCaptured("rule")).toMatchObject({ kind: "rule", removed: false, rule: { family: 2 } });
  });
});

describe("acknowledgements", () => {
  const acknowledge = (name: string) => {
    const { view, header } = captured(name);
    return decodeAcknowledgement(view, header);
  };

  it("reads success, an errno, and the kernel's words", () => {
    expect(acknowledge("ackDone")).toEqual({ errno: 0, errorName: "", message: undefined });
    expect(acknowledge("errorExtAck")).toMatchObject({ errorName: "EINVAL" });
    expect(acknowledge("errorExtAck")?.message).toMatch(/route get request/);
    expect(acknowledge("errorNoEntry")).toMatchObject({ errorName: "ENOENT" });
  });

  it("reads the result at the end of a dump", () => {
    const { view, header } = captured("dumpDone");
    expect(decodeDone(view, header)).toMatchObject({ errno: 0 });
  });
});

describe("captures", () => {
  it("are all read by a test", () => {
    expect(Object.keys(captures)).toHaveLength(34);
  });
});
