// Known unicast, and the floods that must not happen: hairpin, split horizon, isolation of domains and of ports.

import { type Case, dropped, type Expected, place, sent } from "../case.js";
import { arriving, BROADCAST, datagram, encapsulated, H1, H2, H3, H4, lab, R1, R3, R4, STRANGER, V3 } from "../lab.js";
import { arp, ethernet, packet, payload } from "../packet.js";

function one(id: string, spec: string, given: Case["given"], from: string, frame: Uint8Array, expect: Expected): Case {
  return { id: `unicast/${id}`, spec, given, frames: [{ from, frame, expect }] };
}

const here = datagram(H1, H2);
const up = datagram(H1, R1);
const down = datagram(R1, H1);
const isolated = { ports: { h1: { isolated: true }, h2: { isolated: true } } };
const ask = packet(ethernet(H1.mac, BROADCAST), arp(H1.mac, H1.ip, R1.ip), payload(18));

const known: Case[] = [
  one("local-to-local", "P bridging", lab(), "h1", here, sent(["h2", here])),
  one("local-to-remote", "S16", lab(), "h1", up, sent(["up0", encapsulated(up)])),
  one(
    "local-to-another-vtep",
    "S16",
    lab(),
    "h1",
    datagram(H1, R4),
    sent(["up0", encapsulated(datagram(H1, R4), { peer: V3 })]),
  ),
  one("remote-to-local", "S16", lab(), "up0", arriving(down), sent(["h1", down])),
  one(
    "second-domain",
    "P header: several VNIs",
    lab(),
    "h3",
    datagram(H3, R3),
    sent(["up0", encapsulated(datagram(H3, R3), { vni: 200 })]),
  ),
  one(
    "shortest-frame",
    "S20",
    lab(),
    "h1",
    packet(ethernet(H1.mac, H2.mac)),
    sent(["h2", packet(ethernet(H1.mac, H2.mac))]),
  ),
  one(
    "unknown-ethertype",
    "P bridging",
    lab(),
    "h1",
    packet(ethernet(H1.mac, R1.mac, { type: 0x9999 }), payload(50)),
    sent(["up0", encapsulated(packet(ethernet(H1.mac, R1.mac, { type: 0x9999 }), payload(50)))]),
  ),
  one(
    "length-field-instead-of-type",
    "P bridging",
    lab(),
    "h1",
    packet(ethernet(H1.mac, R1.mac, { type: 3 }), payload(46)),
    sent(["up0", encapsulated(packet(ethernet(H1.mac, R1.mac, { type: 3 }), payload(46)))]),
  ),
  one(
    "full-size-frame",
    "N1, C4",
    lab(),
    "h1",
    datagram(H1, R1, 1472),
    sent(["up0", encapsulated(datagram(H1, R1, 1472))]),
  ),
  one(
    "trailer-is-carried",
    "S20",
    lab(),
    "h1",
    packet(up, payload(11)),
    sent(["up0", encapsulated(packet(up, payload(11)))]),
  ),
  one(
    "remote-source-not-in-the-fdb",
    "O9",
    lab(),
    "up0",
    arriving(datagram(STRANGER, H1)),
    sent(["h1", datagram(STRANGER, H1)]),
  ),
  {
    id: "unicast/conversation",
    spec: "N1",
    given: lab(),
    frames: [
      { from: "h1", frame: up, expect: sent(["up0", encapsulated(up)]) },
      { from: "up0", frame: arriving(down), expect: sent(["h1", down]) },
      { from: "h1", frame: up, expect: sent(["up0", encapsulated(up, { id: 1 })]) },
      { from: "up0", frame: arriving(down), expect: sent(["h1", down]) },
    ],
    counters: { h1: [2, 120, 2, 120], v2: [2, 120, 2, 120], red: [2, 120, 2, 120], v3: [0, 0, 0, 0] },
  },
];

const refused: Case[] = [
  one(
    "hairpin",
    "P bridging",
    lab({ fdb: [{ domain: "red", mac: H4.mac, at: "h1" }] }),
    "h1",
    datagram(H1, H4),
    dropped("hairpin"),
  ),
  one("to-oneself", "P bridging", lab(), "h1", datagram(H1, H1), dropped("hairpin")),
  one(
    "split-horizon-known-unicast",
    "S17, RFC 7432 §11.2",
    lab(),
    "up0",
    arriving(datagram(R1, R4)),
    dropped("split_horizon"),
  ),
  one(
    "split-horizon-back-to-the-sender",
    "S17",
    lab(),
    "up0",
    arriving(datagram(R1, { ...R1, mac: "02:00:00:00:02:02" })),
    dropped("split_horizon"),
  ),
  one("to-a-disabled-port", "N6", lab({ ports: { h2: { enabled: false } } }), "h1", here, dropped("port_disabled")),
  one("from-a-disabled-port", "N6", lab({ ports: { h1: { enabled: false } } }), "h1", here, dropped("port_disabled")),
  one(
    "tunnel-to-a-disabled-port",
    "N6",
    lab({ ports: { h1: { enabled: false } } }),
    "up0",
    arriving(down),
    dropped("port_disabled"),
  ),
];

const BOTH = { ...H1, ip: "192.168.100.99" };
const sameEverywhere: Case = {
  id: "unicast/same-addresses-in-two-domains",
  spec: "S5, C23",
  given: lab({
    onlyFdb: [
      { domain: "red", mac: BOTH.mac, at: "h1" },
      { domain: "blue", mac: BOTH.mac, at: "h3" },
      { domain: "red", mac: R1.mac, at: "v2" },
      { domain: "blue", mac: R1.mac, at: "v3" },
    ],
  }),
  frames: [
    { from: "up0", frame: arriving(datagram(R1, BOTH)), expect: sent(["h1", datagram(R1, BOTH)]) },
    { from: "up0", frame: arriving(datagram(R1, BOTH), { vni: 200 }), expect: sent(["h3", datagram(R1, BOTH)]) },
    { from: "h1", frame: datagram(BOTH, R1), expect: sent(["up0", encapsulated(datagram(BOTH, R1))]) },
    {
      from: "h3",
      frame: datagram(BOTH, R1),
      expect: sent(["up0", encapsulated(datagram(BOTH, R1), { vni: 200, peer: V3 })]),
    },
  ],
};

const domains: Case[] = [
  sameEverywhere,
  one(
    "known-in-the-other-domain-only",
    "S5",
    lab({ domains: { blue: { unknownUnicast: "drop" } } }),
    "h3",
    datagram(H3, H1),
    dropped("unknown_unicast_drop"),
  ),
  one(
    "blue-vni-never-reaches-red",
    "S5",
    lab({ domains: { blue: { unknownUnicast: "drop" } } }),
    "up0",
    arriving(down, { vni: 200 }),
    dropped("unknown_unicast_drop"),
  ),
  one("own-mac-of-another-domain-is-free", "S5", lab(), "h3", datagram(H1, R3), {
    ...sent(["up0", encapsulated(datagram(H1, R3), { vni: 200 })]),
    learned: [place("blue", H1.mac, "h3")],
  }),
];

const isolation: Case[] = [
  one("isolated-to-isolated", "P bridging: port isolation", lab(isolated), "h1", here, dropped("isolated")),
  one(
    "isolated-to-open",
    "P bridging: port isolation",
    lab({ ports: { h1: { isolated: true } } }),
    "h1",
    here,
    sent(["h2", here]),
  ),
  one(
    "open-to-isolated",
    "P bridging: port isolation",
    lab({ ports: { h2: { isolated: true } } }),
    "h1",
    here,
    sent(["h2", here]),
  ),
  one("isolated-to-tunnel", "P bridging: port isolation", lab(isolated), "h1", up, sent(["up0", encapsulated(up)])),
  one("tunnel-to-isolated", "P bridging: port isolation", lab(isolated), "up0", arriving(down), sent(["h1", down])),
  one(
    "isolated-flood",
    "P bridging: port isolation",
    lab({ ports: { h1: { isolated: true }, h2: { isolated: true }, h4: { domain: "red" } } }),
    "h1",
    ask,
    sent(["h4", ask], ["up0", encapsulated(ask)], ["up0", encapsulated(ask, { peer: V3 })]),
  ),
];

export const unicast: readonly Case[] = [...known, ...refused, ...domains, ...isolation];
