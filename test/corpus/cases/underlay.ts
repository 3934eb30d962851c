// The way to a VTEP: equal-cost next hops, next hops not resolved yet, no route, and packets too big for the path.

import { type Case, dropped, type Expected, sent } from "../case.js";
import { ecmpPath } from "../entropy.js";
import { error6, icmp, quote4, quote6 } from "../icmp.js";
import {
  arriving,
  BROADCAST,
  datagram,
  datagram6,
  encapsulated,
  encapsulated6,
  H1,
  H2,
  H4,
  type Host,
  lab,
  lab6,
  R1,
  R4,
  V3,
  V3_6,
} from "../lab.js";
import { ethernet, hex, ipv4, ipv6, packet, payload, udp, vlan } from "../packet.js";

function one(id: string, spec: string, given: Case["given"], from: string, frame: Uint8Array, expect: Expected): Case {
  return { id: `underlay/${id}`, spec, given, frames: [{ from, frame, expect }] };
}

const up = datagram(H1, R1);
const ask = packet(ethernet(H1.mac, BROADCAST), payload(46));
const flows = Array.from({ length: 16 }, (_, at) => datagram(H1, R1, 18, [2000 + at, 2000]));
const twoUplinks = lab({
  uplinks: { up1: { mtu: 9000 } },
  vteps: { v2: { via: ["up0", "up1"] } },
  vtep: { df: "set" },
});
/** Without its Ethernet header: the kernel writes that. */
const packetOf = (frame: Uint8Array) => frame.slice(14);

const ecmp: Case[] = [
  {
    id: "underlay/ecmp-by-flow",
    spec: "C4, P underlay: ECMP",
    given: twoUplinks,
    frames: flows.map((frame) => {
      const uplink = ["up0", "up1"][ecmpPath(frame, 2)]!;
      return { from: "h1", frame, expect: sent([uplink, encapsulated(frame, { uplink, df: true })] as const) };
    }),
  },
  {
    id: "underlay/ecmp-keeps-a-flow",
    spec: "C4",
    given: twoUplinks,
    frames: [1, 300, 40].map((length) => {
      const frame = datagram(H1, R1, length);
      const uplink = ["up0", "up1"][ecmpPath(frame, 2)]!;
      return { from: "h1", frame, expect: sent([uplink, encapsulated(frame, { uplink, df: true })] as const) };
    }),
  },
  one(
    "vteps-by-different-uplinks",
    "P underlay",
    lab({ uplinks: { up1: { mtu: 9000 } }, vteps: { v3: { via: ["up1"] } } }),
    "h1",
    datagram(H1, R4),
    sent(["up1", encapsulated(datagram(H1, R4), { uplink: "up1", peer: V3 })]),
  ),
  one(
    "arrival-on-either-uplink",
    "C7",
    twoUplinks,
    "up1",
    arriving(datagram(R1, H1), { uplink: "up1" }),
    sent(["h1", datagram(R1, H1)]),
  ),
  one(
    "outer-mac-of-another-station",
    "P underlay",
    lab(),
    "up0",
    packet(hex("02cccccccccc"), arriving(datagram(R1, H1)).slice(6)),
    sent(["h1", datagram(R1, H1)]),
  ),
];

const unresolved: Case[] = [
  one(
    "neighbour-not-resolved",
    "RFC 4861 §7.2.2",
    lab({ vteps: { v2: { via: "resolving" } } }),
    "h1",
    up,
    sent(["kernel", packetOf(encapsulated(up))]),
  ),
  one(
    "neighbour-not-resolved-ipv6",
    "RFC 4861 §7.2.2",
    lab6({ vteps: { v2: { via: "resolving" } } }),
    "h1",
    up,
    sent(["kernel", packetOf(encapsulated6(up))]),
  ),
  one(
    "no-route",
    "P underlay",
    lab({ vteps: { v2: { via: "unreachable" } } }),
    "h1",
    up,
    dropped("underlay_unresolved"),
  ),
  one(
    "flood-to-one-resolved-one-not",
    "S17",
    lab({ vteps: { v2: { via: "resolving" } } }),
    "h1",
    ask,
    sent(["h2", ask], ["kernel", packetOf(encapsulated(ask))], ["up0", encapsulated(ask, { peer: V3 })]),
  ),
  one("flood-loses-the-unreachable-copy", "S17", lab({ vteps: { v2: { via: "unreachable" } } }), "h1", ask, {
    ...sent(["h2", ask], ["up0", encapsulated(ask, { peer: V3 })]),
    lost: ["underlay_unresolved"],
  }),
  one(
    "flood-reaches-nobody",
    "S17",
    lab({ ports: { h2: { enabled: false } }, vteps: { v2: { via: "unreachable" }, v3: { via: "unreachable" } } }),
    "h1",
    ask,
    dropped("underlay_unresolved"),
  ),
  one(
    "flood-reaches-nobody-ipv6",
    "S17",
    lab6({ ports: { h2: { enabled: false } }, vteps: { v2: { via: "unreachable" }, v3: { via: "unreachable" } } }),
    "h1",
    ask,
    dropped("underlay_unresolved"),
  ),
];

const fits = datagram(H1, R1, 1500 - 28);
const tight = (mtu: number, more: Parameters<typeof lab>[0] = {}) => lab({ ...more, uplinks: { up0: { mtu } } });
const big = packet(ethernet(H1.mac, BROADCAST), payload(1500));
const fits6 = datagram6(H1, R1, 1232);

/** In a domain without a gateway the one speaks for whom the packet was (S31). */
function tooBig(about: Uint8Array, from: Host, to: Host, mtuBytes: number): Uint8Array {
  const error = icmp(3, { code: 4, rest: mtuBytes });
  return packet(ethernet(from.mac, to.mac), ipv4(from.ip, to.ip, { tos: 0xc0, df: true }), error, quote4(about));
}

/** No IPv6 path has an MTU below 1280, whatever ours is (RFC 8200 §5). */
const tooBig6 = packet(ethernet(R1.mac, H1.mac), ipv6(R1.ip6, H1.ip6), error6(2, 0, 1280), quote6(fits6));

const mtu: Case[] = [
  one("exactly-the-underlay-mtu", "S14 N38", tight(1550), "h1", fits, sent(["up0", encapsulated(fits)])),
  one(
    "a-byte-over-the-underlay-mtu",
    "S12 N38",
    tight(1549),
    "h1",
    fits,
    dropped("mtu_exceeded", ["h1", tooBig(fits, R1, H1, 1499)]),
  ),
  one(
    "over-the-mtu-with-df-unset-is-not-cut",
    "S12",
    tight(1500),
    "h1",
    fits,
    dropped("mtu_exceeded", ["h1", tooBig(fits, R1, H1, 1450)]),
  ),
  one(
    "exactly-the-ipv6-underlay-mtu",
    "S14",
    lab6({ uplinks: { up0: { mtu: 1570 } } }),
    "h1",
    fits,
    sent(["up0", encapsulated6(fits)]),
  ),
  one(
    "a-byte-over-the-ipv6-underlay-mtu",
    "S12",
    lab6({ uplinks: { up0: { mtu: 1569 } } }),
    "h1",
    fits,
    dropped("mtu_exceeded", ["h1", tooBig(fits, R1, H1, 1499)]),
  ),
  one("inner-ipv6-over-the-mtu", "S12", tight(1300), "h1", fits6, dropped("mtu_exceeded", ["h1", tooBig6])),
  one(
    "jumbo-over-a-jumbo-underlay",
    "N38",
    lab({ uplinks: { up0: { mtu: 9242 } }, ports: { h1: { mtu: 9192 } } }),
    "h1",
    datagram(H1, R1, 9164),
    sent(["up0", encapsulated(datagram(H1, R1, 9164))]),
  ),
  one(
    "exactly-the-port-mtu",
    "P MTU",
    lab({ ports: { h2: { mtu: 1400 } } }),
    "h1",
    datagram(H1, H2, 1372),
    sent(["h2", datagram(H1, H2, 1372)]),
  ),
  one(
    "a-byte-over-the-port-mtu",
    "P MTU",
    lab({ ports: { h2: { mtu: 1400 } } }),
    "h1",
    datagram(H1, H2, 1373),
    dropped("mtu_exceeded", ["h1", tooBig(datagram(H1, H2, 1373), H2, H1, 1400)]),
  ),
  one(
    "tag-is-not-counted-in-the-port-mtu",
    "P MTU",
    lab({ ports: { "t1.10": { domain: "red", mtu: 1500 } }, fdb: [{ domain: "red", mac: H4.mac, at: "t1.10" }] }),
    "h1",
    datagram(H1, H4, 1472),
    sent(["t1", packet(ethernet(H1.mac, H4.mac), vlan(10), ipv4(H1.ip, H4.ip), udp(1000, 2000), payload(1472))]),
  ),
  one(
    "tunnel-to-a-smaller-port",
    "P MTU",
    lab({ ports: { h1: { mtu: 1400 } } }),
    "up0",
    arriving(datagram(R1, H1, 1472)),
    dropped("mtu_exceeded", ["up0", encapsulated(tooBig(datagram(R1, H1, 1472), H1, R1, 1400), { tos: 0xc0 })]),
  ),
  one(
    "flood-loses-the-big-copies",
    "P MTU",
    lab({ ports: { h2: { mtu: 1400 } }, uplinks: { up0: { mtu: 1500 } } }),
    "h1",
    datagram(H1, { ...R1, mac: BROADCAST }, 1390),
    {
      ...sent(
        ["up0", encapsulated(datagram(H1, { ...R1, mac: BROADCAST }, 1390))],
        ["up0", encapsulated(datagram(H1, { ...R1, mac: BROADCAST }, 1390), { peer: V3 })],
      ),
      lost: ["mtu_exceeded"],
    },
  ),
  one("flood-fits-ports-but-no-tunnel", "P MTU", tight(1500), "h1", big, {
    ...sent(["h2", big]),
    lost: ["mtu_exceeded", "mtu_exceeded"],
  }),
  one("flood-fits-nowhere", "P MTU", tight(1500, { ports: { h2: { mtu: 1400 } } }), "h1", big, dropped("mtu_exceeded")),
  one(
    "unresolved-path-has-no-mtu-yet",
    "P MTU",
    tight(1500, { vteps: { v2: { via: "resolving" } } }),
    "h1",
    fits,
    sent(["kernel", packetOf(encapsulated(fits))]),
  ),
  one(
    "flood-over-ipv6",
    "S17",
    lab6({ uplinks: { up1: { mtu: 9000 } }, vteps: { v3: { via: ["up1"] } } }),
    "h1",
    ask,
    sent(["h2", ask], ["up0", encapsulated6(ask)], ["up1", encapsulated6(ask, { peer: V3_6, uplink: "up1" })]),
  ),
];

export const underlay: readonly Case[] = [...ecmp, ...unresolved, ...mtu];
