// Where routing sends a packet, hosts before prefixes and the longest of these, equal-cost next hops by flow; and what of
// the packet goes along unchanged.

import { binding, binds, type Case, held, sent } from "../case.js";
import { ecmpPath } from "../entropy.js";
import {
  A1,
  B1,
  brought,
  brought6,
  byL3,
  casesOf,
  everybody,
  fromL3,
  handedOver,
  handedOver6,
  irbLab,
  knows,
  leaving,
  leaving6,
  RMAC,
  RMAC2,
  RMAC3,
  SILENT,
  takenOver,
  takenOver6,
  talk,
  talk6,
  X1,
} from "../irb_lab.js";
import { encapsulated, V3 } from "../lab.js";
import { arp, concat, packet, payload } from "../packet.js";

const one = casesOf("routing");
const lab = irbLab();
const toV3 = [{ vtep: "v3", routerMac: RMAC3 }] as const;
const toV2 = [{ vtep: "v2", routerMac: RMAC2 }] as const;
const nested = irbLab({
  routes: {
    "0.0.0.0/0": toV3,
    "10.9.0.128/25": toV3,
    "10.9.0.200/29": toV2,
    "10.9.0.201/32": toV3,
    "10.2.0.99/32": toV2,
    "::/0": toV3,
    "2001:db8:9:0:8000::/65": toV3,
    "2001:db8:9::c8/125": toV3,
    "2001:db8:9::c9/128": toV2,
    "2001:db8:2::99/128": toV2,
  },
});

function by(vtep: "v2" | "v3", id: string, destination: string): Case {
  const ipv6 = destination.includes(":");
  const to = { ip: destination, ip6: destination };
  const link = [RMAC, vtep === "v2" ? RMAC2 : RMAC3] as const;
  const out = ipv6 ? talk6(A1, to, link, { hopLimit: 63 }) : talk(A1, to, link, { ttl: 63 });
  const peer = vtep === "v2" ? {} : { peer: V3 };
  return one(`longest-match-${id}`, "P IRB", nested, "h1", ipv6 ? leaving6(A1, to) : leaving(A1, to), {
    ...sent(byL3(out, peer)),
  });
}

const announcement = packet(everybody(A1), arp(A1.mac, A1.ip, A1.ip), payload(18));

const lookup: Case[] = [
  by("v3", "default", "198.51.100.7"),
  by("v2", "24-before-default", "10.9.0.5"),
  by("v3", "25-before-24", "10.9.0.130"),
  by("v2", "29-before-25", "10.9.0.200"),
  by("v3", "32-before-29", "10.9.0.201"),
  by("v2", "host-route-before-connected-subnet", "10.2.0.99"),
  by("v3", "ipv6-default", "2001:db8:ffff::1"),
  by("v2", "ipv6-64-before-default", "2001:db8:9::7"),
  by("v3", "ipv6-65-before-64", "2001:db8:9:0:8000::1"),
  by("v3", "ipv6-125-before-64", "2001:db8:9::ca"),
  by("v2", "ipv6-128-before-125", "2001:db8:9::c9"),
  by("v2", "ipv6-host-route-before-connected-subnet", "2001:db8:2::99"),
  one(
    "neighbour-before-a-longer-prefix",
    "P IRB",
    irbLab({ routes: { "10.2.0.8/29": toV2 } }),
    "h1",
    leaving(A1, B1),
    sent(["h3", brought(A1, B1)]),
  ),
  one("connected-subnet-without-neighbour-is-held", "O15 S55", lab, "h1", leaving(A1, SILENT), held),
  one("connected-subnet-without-neighbour-ipv6", "O15 S55", lab, "h1", leaving6(A1, SILENT), held),
  one("from-the-l3-vni-to-a-silent-host-is-held", "O15 S55", lab, "up0", fromL3(takenOver(X1, SILENT)), held),
  one("same-subnet-by-the-gateway-is-held-too", "O15", lab, "h1", leaving(A1, { ip: "10.1.0.77" }), held),
  {
    id: "routing/host-route-stands-until-control-takes-it",
    spec: "O6 S54: a host that speaks up here is known, but cannot draw what is routed elsewhere",
    given: irbLab({ routes: { "10.1.0.11/32": toV2 }, onlyNeighbors: knows("blue", B1) }),
    frames: [
      { from: "h3", frame: leaving(B1, A1), expect: sent(byL3(handedOver(B1, A1))) },
      {
        from: "h1",
        frame: announcement,
        expect: binds(
          sent(
            ["h2", announcement],
            ["up0", encapsulated(announcement, { id: 1 })],
            ["up0", encapsulated(announcement, { peer: V3 })],
          ),
          binding("red", A1.ip, A1.mac),
        ),
      },
      { from: "h3", frame: leaving(B1, A1), expect: sent(byL3(handedOver(B1, A1), { id: 2 })) },
    ],
  },
];

const flows = Array.from({ length: 24 }, (_, port) => ({ length: 18, ports: [3000 + port, 53] as const }));
const equal = irbLab({ routes: { "10.8.0.0/24": [...toV2, ...toV3], "2001:db8:8::/64": [...toV2, ...toV3] } });
const FAR = { ip: "10.8.0.8", ip6: "2001:db8:8::8" };
const ID = { df: "set" } as const;

/** Each flow goes where its hash says, and again so. */
function spread(id: string, ipv6: boolean): Case {
  return {
    id: `routing/${id}`,
    spec: "S59",
    given: { ...equal, vtep: { ...equal.vtep, ...ID } },
    frames: [...flows, ...flows].map((flow) => {
      const frame = ipv6 ? leaving6(A1, FAR, flow) : leaving(A1, FAR, flow);
      const second = ecmpPath(frame, 2) === 1;
      const link = [RMAC, second ? RMAC3 : RMAC2] as const;
      const out = ipv6 ? talk6(A1, FAR, link, { ...flow, hopLimit: 63 }) : talk(A1, FAR, link, { ...flow, ttl: 63 });
      return { from: "h1", frame, expect: sent(byL3(out, { df: true, ...(second ? { peer: V3 } : {}) })) };
    }),
  };
}

/** Header checksums whose update carries around: 0x0000, 0xfeff and their neighbours (RFC 1624 §3). */
function checksumEdges(): Case {
  const wanted = [0x0000, 0x0001, 0x00ff, 0x0100, 0xfdff, 0xfe00, 0xfeff, 0xff00, 0xfffe];
  const idFor = (checksum: number): number | undefined =>
    Array.from({ length: 0x10000 }, (_, id) => id).find((id) => {
      const base = leavingChecksum - id;
      return (base < 0 ? base + 0xffff : base) === checksum;
    });
  const header = leaving(A1, B1);
  const leavingChecksum = header[24]! * 256 + header[25]!;
  const ids = wanted.map(idFor).filter((id) => id !== undefined);
  return {
    id: "routing/ttl-in-the-checksum-at-its-edges",
    spec: "RFC 1624 §3",
    given: lab,
    frames: ids.map((id) => ({
      from: "h1",
      frame: leaving(A1, B1, { id }),
      expect: sent(["h3", brought(A1, B1, { id })]),
    })),
  };
}

const carried: Case[] = [
  spread("equal-cost-vteps", false),
  spread("equal-cost-vteps-ipv6", true),
  checksumEdges(),
  one(
    "ip-options-are-routed",
    "P IRB",
    lab,
    "h1",
    leaving(A1, B1, { options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0) }),
    {
      ...sent(["h3", brought(A1, B1, { options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0) })]),
    },
  ),
  one("ip-options-into-the-l3-vni", "P IRB", lab, "h1", leaving(A1, X1, { options: new Uint8Array(40).fill(1) }), {
    ...sent(byL3(handedOver(A1, X1, { options: new Uint8Array(40).fill(1) }))),
  }),
  one("fragments-are-routed", "P IRB", lab, "h1", leaving(A1, X1, { mf: true, offset: 100, id: 7 }), {
    ...sent(byL3(handedOver(A1, X1, { mf: true, offset: 100, id: 7 }))),
  }),
  one("tos-and-ecn-go-along", "O25 S25", lab, "h1", leaving(A1, X1, { tos: 0xbb }), {
    ...sent(byL3(handedOver(A1, X1, { tos: 0xbb }), { tos: 0xbb })),
  }),
  one(
    "traffic-class-and-flow-label-go-along",
    "S25",
    lab,
    "h1",
    leaving6(A1, X1, { trafficClass: 0x2a, flowLabel: 77 }),
    {
      ...sent(byL3(handedOver6(A1, X1, { trafficClass: 0x2a, flowLabel: 77 }), { tos: 0x2a })),
    },
  ),
  one(
    "congestion-on-the-underlay-reaches-the-host",
    "S25 S28",
    lab,
    "up0",
    fromL3(takenOver(X1, A1, { tos: 2 }), { tos: 3 }),
    {
      ...sent(["h1", brought(X1, A1, { ttl: 62, tos: 3 })]),
    },
  ),
  one(
    "congestion-on-the-underlay-ipv6",
    "S25",
    lab,
    "up0",
    fromL3(takenOver6(X1, A1, { trafficClass: 2 }), { tos: 3 }),
    {
      ...sent(["h1", brought6(X1, A1, { hopLimit: 62, trafficClass: 3 })]),
    },
  ),
  one("padding-is-carried", "S20", lab, "h1", concat(leaving(A1, B1, { length: 1 }), payload(17)), {
    ...sent(["h3", concat(brought(A1, B1, { length: 1 }), payload(17))]),
  }),
  one("full-size-packet", "N38", lab, "h1", leaving(A1, X1, { length: 1472 }), {
    ...sent(byL3(handedOver(A1, X1, { length: 1472 }))),
  }),
  one("ttl-2-becomes-1", "S50", lab, "h1", leaving(A1, B1, { ttl: 2 }), sent(["h3", brought(A1, B1, { ttl: 1 })])),
  one(
    "ttl-255-becomes-254",
    "S50",
    lab,
    "h1",
    leaving(A1, B1, { ttl: 255 }),
    sent(["h3", brought(A1, B1, { ttl: 254 })]),
  ),
  one("hop-limit-2-becomes-1", "S50", lab, "h1", leaving6(A1, B1, { hopLimit: 2 }), {
    ...sent(["h3", brought6(A1, B1, { hopLimit: 1 })]),
  }),
  one("upper-protocol-without-ports", "P IRB", lab, "h1", leaving(A1, X1, { upper: [payload(40)] }), {
    ...sent(byL3(handedOver(A1, X1, { upper: [payload(40)] }))),
  }),
  one(
    "broadcast-of-a-routed-domain-is-flooded",
    "P bridging",
    lab,
    "h1",
    talk(A1, { ip: "10.1.0.255" }, [A1.mac, "ff:ff:ff:ff:ff:ff"]),
    {
      ...sent(
        ...["h2"].map((port) => [port, talk(A1, { ip: "10.1.0.255" }, [A1.mac, "ff:ff:ff:ff:ff:ff"])] as const),
        ["up0", encapsulated(talk(A1, { ip: "10.1.0.255" }, [A1.mac, "ff:ff:ff:ff:ff:ff"]))],
        ["up0", encapsulated(talk(A1, { ip: "10.1.0.255" }, [A1.mac, "ff:ff:ff:ff:ff:ff"]), { peer: V3 })],
      ),
    },
  ),
];

export const routingLookup: readonly Case[] = [...lookup, ...carried];
