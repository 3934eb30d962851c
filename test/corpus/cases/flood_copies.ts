// What the copies of one flooded frame do not share: tags, addresses, checksums, next hops; and lists of many VTEPs.

import { type Case, type Expected, type Output, sent } from "../case.js";
import {
  arriving,
  BROADCAST,
  type Changes,
  datagram,
  encapsulated,
  encapsulated6,
  H1,
  H4,
  lab,
  lab6,
  type OuterFields,
  R1,
  STRANGER,
  V2,
  V3,
  V3_6,
} from "../lab.js";
import { arp, ethernet, ipv4, ipv6, packet, payload, tcp, vlan } from "../packet.js";

function one(id: string, spec: string, given: Case["given"], from: string, frame: Uint8Array, expect: Expected): Case {
  return { id: `flood/${id}`, spec, given, frames: [{ from, frame, expect }] };
}

const ask = packet(ethernet(H1.mac, BROADCAST), arp(H1.mac, H1.ip, R1.ip), payload(18));
const opening = packet(ethernet(H1.mac, STRANGER.mac), ipv4(H1.ip, STRANGER.ip), tcp(1, 2), payload(21));
const opening6 = packet(ethernet(H1.mac, STRANGER.mac), ipv6(H1.ip6, STRANGER.ip6), tcp(1, 2), payload(20));
const toBoth = (frame: Uint8Array, fields: OuterFields = {}): Output[] =>
  [V2, V3].map((peer) => ["up0", encapsulated(frame, { peer, ...fields })]);
const overIpv6 = (frame: Uint8Array): Expected =>
  sent(["h2", frame], ["up0", encapsulated6(frame)], ["up0", encapsulated6(frame, { peer: V3_6 })]);

const headers: Case[] = [
  one("no-ids-with-df", "RFC 6864 §4.1", lab({ vtep: { df: "set" } }), "h1", ask, {
    ...sent(["h2", ask], ...toBoth(ask, { df: true })),
  }),
  one("ttl-of-each-copy", "S20", lab({ vtep: { ttl: "inherit" } }), "h1", opening, {
    ...sent(["h2", opening], ...toBoth(opening, { ttl: 64 })),
  }),
  one("outer-checksum-of-each-copy", "RFC 7348 §5", lab({ vtep: { udpChecksum: true } }), "h1", ask, {
    ...sent(["h2", ask], ...toBoth(ask, { checksum: "valid" })),
  }),
  one("outer-checksum-of-each-copy-of-tcp", "RFC 7348 §5", lab({ vtep: { udpChecksum: true } }), "h1", opening, {
    ...sent(["h2", opening], ...toBoth(opening, { checksum: "valid" })),
  }),
  one("over-ipv6", "S17, RFC 8200 §8.1", lab6(), "h1", ask, overIpv6(ask)),
  one("over-ipv6-of-tcp", "S17, RFC 8200 §8.1", lab6(), "h1", opening, overIpv6(opening)),
  one("over-ipv6-of-ipv6", "S17, RFC 8200 §8.1", lab6(), "h1", opening6, overIpv6(opening6)),
];

const trunk: Changes = { ports: { "t1.10": { domain: "red" }, "t1.20": { domain: "red" } } };
const home = { fdb: [{ domain: "red", mac: H4.mac, at: "t1.10" }] };
const tagged = (id: number, pcp = 0) => packet(ethernet(H4.mac, BROADCAST), vlan(id, { pcp }), payload(46));
const bare = packet(ethernet(H4.mac, BROADCAST), payload(46));

const ports: Case[] = [
  one("priority-stays-behind", "IEEE 802.1Q, RFC 7348 §6.1", lab({ ...trunk, ...home }), "t1", tagged(10, 5), {
    ...sent(["t1", tagged(20)], ["h1", bare], ["h2", bare], ...toBoth(bare)),
  }),
  one("isolated-to-all-others", "P bridging: port isolation", isolated(), "h1", ask, {
    ...sent(["h4", ask], ...toBoth(ask)),
  }),
  one(
    "to-isolated-ports-from-a-tunnel",
    "P bridging: port isolation",
    isolated(),
    "up0",
    arriving(datagram(R1, STRANGER)),
    {
      ...sent(...["h1", "h2", "h4"].map((name): Output => [name, datagram(R1, STRANGER)])),
    },
  ),
];

function isolated(): Case["given"] {
  return lab({ ports: { h1: { isolated: true }, h2: { isolated: true }, h4: { domain: "red" } } });
}

const MANY = 70;
const nameOf = (number: number) => `w${number}`;
const addressOf = (number: number) => `10.255.1.${number}`;
const numbers = Array.from({ length: MANY }, (_, at) => at + 1);
const uplinkOf = (number: number) => (number % 3 === 0 ? "up1" : "up0");

const many = lab({
  uplinks: { up1: { mtu: 9000 } },
  vteps: Object.fromEntries(
    numbers.map((number) => [nameOf(number), { address: addressOf(number), floods: ["red"], via: [uplinkOf(number)] }]),
  ),
});
const toMany = (frame: Uint8Array): Output[] =>
  numbers.map((number) => {
    const uplink = uplinkOf(number);
    return [uplink, encapsulated(frame, { peer: addressOf(number), uplink })];
  });

const lists: Case[] = [
  one("each-by-its-own-next-hop", "S17", lab({ uplinks: { up1: {} }, vteps: { v3: { via: ["up1"] } } }), "h1", ask, {
    ...sent(["h2", ask], ["up0", encapsulated(ask)], ["up1", encapsulated(ask, { peer: V3, uplink: "up1" })]),
  }),
  one("to-many-vteps", "S17", many, "h1", ask, sent(["h2", ask], ...toBoth(ask), ...toMany(ask))),
];

export const floodCopies: readonly Case[] = [...headers, ...ports, ...lists];
