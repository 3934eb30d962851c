// Broadcast, multicast and unknown unicast: each local port and each VTEP exactly once, and its limits.

import { type Case, dropped, type Expected, sent } from "../case.js";
import { icmpv6 } from "../icmp.js";
import { arriving, BROADCAST, datagram, encapsulated, H1, H2, H3, lab, R1, R4, STRANGER, V2, V3 } from "../lab.js";
import { arp, ethernet, ipv4, ipv6, packet, payload, udp } from "../packet.js";

function one(id: string, spec: string, given: Case["given"], from: string, frame: Uint8Array, expect: Expected): Case {
  return { id: `flood/${id}`, spec, given, frames: [{ from, frame, expect }] };
}

const ask = packet(ethernet(H1.mac, BROADCAST), arp(H1.mac, H1.ip, R1.ip), payload(18));
const fromRemote = packet(ethernet(R1.mac, BROADCAST), arp(R1.mac, R1.ip, H1.ip), payload(18));
const group = packet(ethernet(H1.mac, "01:00:5e:01:02:03"), ipv4(H1.ip, "239.1.2.3"), udp(5000, 5000), payload(8));
const neighbors = packet(
  ethernet(H1.mac, "33:33:ff:00:00:15"),
  ipv6(H1.ip6, "ff02::1:ff00:15", { hopLimit: 255 }),
  icmpv6(135, payload(20)),
);
const nobody = datagram(H1, STRANGER);
/** The frame on h2 and on both tunnels of red. */
const everywhere = (frame: Uint8Array) =>
  sent(["h2", frame], ["up0", encapsulated(frame)], ["up0", encapsulated(frame, { peer: V3 })]);

const copies: Case[] = [
  one("broadcast", "S17", lab(), "h1", ask, everywhere(ask)),
  one("ipv4-multicast", "S17", lab(), "h1", group, everywhere(group)),
  one("ipv6-multicast", "S17", lab(), "h1", neighbors, everywhere(neighbors)),
  one("unknown-unicast", "S17", lab(), "h1", nobody, everywhere(nobody)),
  one(
    "second-domain",
    "S5 S17",
    lab(),
    "h3",
    datagram(H3, STRANGER),
    sent(["up0", encapsulated(datagram(H3, STRANGER), { vni: 200 })]),
  ),
  one(
    "from-a-tunnel-to-ports-only",
    "S17, RFC 8365 §5.1",
    lab(),
    "up0",
    arriving(fromRemote),
    sent(["h1", fromRemote], ["h2", fromRemote]),
  ),
  one(
    "unknown-unicast-from-a-tunnel",
    "S17",
    lab(),
    "up0",
    arriving(datagram(R1, STRANGER)),
    sent(["h1", datagram(R1, STRANGER)], ["h2", datagram(R1, STRANGER)]),
  ),
  one(
    "vtep-outside-the-list-gets-none",
    "S17",
    lab({ vteps: { v3: { floods: [] } } }),
    "h1",
    ask,
    sent(["h2", ask], ["up0", encapsulated(ask)]),
  ),
  one("no-vtep-left", "S17", lab({ vteps: { v2: { floods: [] }, v3: { floods: [] } } }), "h1", ask, sent(["h2", ask])),
  one(
    "disabled-port-gets-none",
    "N6",
    lab({ ports: { h2: { enabled: false } } }),
    "h1",
    ask,
    sent(["up0", encapsulated(ask)], ["up0", encapsulated(ask, { peer: V3 })]),
  ),
  one(
    "two-ports-of-one-interface",
    "P bridging: VLAN",
    lab({ ports: { "t1.10": { domain: "red" }, "t1.20": { domain: "red" } } }),
    "up0",
    arriving(fromRemote),
    sent(
      ["h1", fromRemote],
      ["h2", fromRemote],
      ["t1", packet(fromRemote.slice(0, 12), Uint8Array.of(0x81, 0, 0, 10), fromRemote.slice(12))],
      ["t1", packet(fromRemote.slice(0, 12), Uint8Array.of(0x81, 0, 0, 20), fromRemote.slice(12))],
    ),
  ),
  one("each-copy-has-its-own-id", "RFC 6864 §4.1", lab(), "h1", ask, everywhere(ask)),
  {
    id: "flood/ids-count-per-vtep",
    spec: "RFC 6864 §4.1",
    given: lab(),
    frames: [
      { from: "h1", frame: datagram(H1, R1), expect: sent(["up0", encapsulated(datagram(H1, R1))]) },
      {
        from: "h1",
        frame: ask,
        expect: sent(["h2", ask], ["up0", encapsulated(ask, { id: 1 })], ["up0", encapsulated(ask, { peer: V3 })]),
      },
    ],
    counters: { h1: [2, 60 + 60, 0, 0], h2: [0, 0, 1, 60], v2: [0, 0, 2, 120], v3: [0, 0, 1, 60], red: [0, 0, 3, 180] },
  },
  one(
    "ecn-of-each-copy",
    "S23",
    lab(),
    "h1",
    packet(ethernet(H1.mac, BROADCAST), ipv4(H1.ip, "192.168.100.255", { tos: 3 }), udp(9, 9)),
    sent(
      ["h2", packet(ethernet(H1.mac, BROADCAST), ipv4(H1.ip, "192.168.100.255", { tos: 3 }), udp(9, 9))],
      ...[V2, V3].map(
        (peer) =>
          [
            "up0",
            encapsulated(packet(ethernet(H1.mac, BROADCAST), ipv4(H1.ip, "192.168.100.255", { tos: 3 }), udp(9, 9)), {
              peer,
              tos: 3,
            }),
          ] as const,
      ),
    ),
  ),
  one(
    "decapsulated-ecn-in-each-copy",
    "S25 S28",
    lab(),
    "up0",
    arriving(packet(ethernet(R1.mac, BROADCAST), ipv4(R1.ip, "192.168.100.255", { tos: 2 }), udp(9, 9)), { tos: 3 }),
    sent(
      ...["h1", "h2"].map(
        (name) =>
          [name, packet(ethernet(R1.mac, BROADCAST), ipv4(R1.ip, "192.168.100.255", { tos: 3 }), udp(9, 9))] as const,
      ),
    ),
  ),
];

const held = lab({ fdb: [{ domain: "red", mac: H2.mac, at: "held" }] });
const quiet = lab({ domains: { red: { unknownUnicast: "drop" } } });
const limits: Case[] = [
  one("unknown-unicast-drop", "N26", quiet, "h1", nobody, dropped("unknown_unicast_drop")),
  one(
    "unknown-unicast-drop-from-a-tunnel",
    "N26",
    quiet,
    "up0",
    arriving(datagram(R1, STRANGER)),
    dropped("unknown_unicast_drop"),
  ),
  one("unknown-unicast-drop-spares-broadcast", "N26", quiet, "h1", ask, everywhere(ask)),
  one("unknown-unicast-drop-spares-known", "N26", quiet, "h1", datagram(H1, H2), sent(["h2", datagram(H1, H2)])),
  one("held-mac-is-not-flooded", "N25", held, "h1", datagram(H1, H2), dropped("unknown_unicast_hold")),
  one(
    "held-mac-is-not-flooded-from-a-tunnel",
    "N25",
    held,
    "up0",
    arriving(datagram(R1, H2)),
    dropped("unknown_unicast_hold"),
  ),
  one(
    "alone",
    "RFC 7432: IMET, row 34",
    lab({ ports: { h2: { enabled: false } }, vteps: { v2: { floods: [] }, v3: { floods: [] } } }),
    "h1",
    ask,
    dropped("no_flood_peer"),
  ),
  one(
    "tunnel-finds-no-port",
    "row 34",
    lab({ ports: { h1: { enabled: false }, h2: { enabled: false } } }),
    "up0",
    arriving(fromRemote),
    dropped("no_flood_peer"),
  ),
  one(
    "isolated-pair-alone",
    "row 34",
    lab({
      ports: { h1: { isolated: true }, h2: { isolated: true } },
      vteps: { v2: { floods: [] }, v3: { floods: [] } },
    }),
    "h1",
    ask,
    dropped("no_flood_peer"),
  ),
];

const reserved = (last: string) => packet(ethernet(H1.mac, `01:80:c2:00:00:${last}`), payload(46));
const fromTunnel = packet(ethernet(R1.mac, "01:80:c2:00:00:00"), payload(46));
const invalid = (source: string) => packet(ethernet(source, H2.mac), payload(46));
const addresses: Case[] = [
  ...["00", "01", "02", "0e", "0f"].map((last) =>
    one(`reserved-multicast-${last}`, "IEEE 802.1Q §8.6.3", lab(), "h1", reserved(last), dropped("reserved_multicast")),
  ),
  one("reserved-multicast-ends-at-0f", "IEEE 802.1Q §8.6.3", lab(), "h1", reserved("10"), everywhere(reserved("10"))),
  one(
    "reserved-multicast-from-a-tunnel",
    "IEEE 802.1Q §8.6.3",
    lab(),
    "up0",
    arriving(fromTunnel),
    dropped("reserved_multicast"),
  ),
  ...Object.entries({
    zero: "00:00:00:00:00:00",
    broadcast: BROADCAST,
    multicast: "01:00:5e:00:00:01",
    "group-bit": "03:00:00:00:01:01",
  }).flatMap(([name, mac]) => [
    one(`source-${name}`, "IEEE 802.3 §3.2.3", lab(), "h1", invalid(mac), dropped("source_invalid")),
    one(
      `source-${name}-from-a-tunnel`,
      "IEEE 802.3 §3.2.3",
      lab(),
      "up0",
      arriving(invalid(mac)),
      dropped("source_invalid"),
    ),
  ]),
  one(
    "destination-zero-is-unknown",
    "IEEE 802.3",
    lab(),
    "h1",
    packet(ethernet(H1.mac, "00:00:00:00:00:00"), payload(46)),
    everywhere(packet(ethernet(H1.mac, "00:00:00:00:00:00"), payload(46))),
  ),
  one(
    "to-v3-only",
    "S17",
    lab({ vteps: { v2: { floods: [] } } }),
    "h1",
    datagram(H1, { ...R4, mac: STRANGER.mac }),
    sent(
      ["h2", datagram(H1, { ...R4, mac: STRANGER.mac })],
      ["up0", encapsulated(datagram(H1, { ...R4, mac: STRANGER.mac }), { peer: V3 })],
    ),
  ),
];

export const flood: readonly Case[] = [...copies, ...limits, ...addresses];
