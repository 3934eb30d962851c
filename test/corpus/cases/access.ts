// Access ports and VLANs: the tag is stripped on the way in and restored on the way out (RFC 7348 §6.1).

import { type Case, dropped, type Expected, place, sent } from "../case.js";
import { arriving, BROADCAST, datagram, encapsulated, H1, H2, H4, lab, R1, R3, V3 } from "../lab.js";
import { arp, ethernet, ipv4, packet, payload, udp, vlan } from "../packet.js";

/** t1 carries VLAN 10 in red, VLAN 20 in blue; its untagged frames belong to nobody. */
const trunk = (more: Parameters<typeof lab>[0] = {}) =>
  lab({
    ...more,
    ports: { "t1.10": { domain: "red" }, "t1.20": { domain: "blue" }, ...more.ports },
    fdb: [
      { domain: "red", mac: H4.mac, at: "t1.10" },
      { domain: "blue", mac: H4.mac, at: "t1.20" },
      ...(more.fdb ?? []),
    ],
  });

const body = (from: typeof H1, to: typeof H1) => [ipv4(from.ip, to.ip), udp(1000, 2000), payload(18)] as const;
const tagged = (id: number, from: typeof H1, to: typeof H1, tag: Parameters<typeof vlan>[1] = {}) =>
  packet(ethernet(from.mac, to.mac), vlan(id, tag), ...body(from, to));

function one(id: string, spec: string, given: Case["given"], from: string, frame: Uint8Array, expect: Expected): Case {
  return { id: `access/${id}`, spec, given, frames: [{ from, frame, expect }] };
}

const ask = (tag?: number) =>
  packet(
    ethernet(H4.mac, BROADCAST),
    ...(tag === undefined ? [] : [vlan(tag)]),
    arp(H4.mac, H4.ip, R1.ip),
    payload(18),
  );
const plain = datagram(H4, R1);

const strip: Case[] = [
  one("tag-is-stripped", "S15", trunk(), "t1", tagged(10, H4, R1), sent(["up0", encapsulated(plain)])),
  one(
    "second-vlan-to-its-vni",
    "P bridging: VLAN to VNI",
    trunk(),
    "t1",
    tagged(20, H4, R3),
    sent(["up0", encapsulated(datagram(H4, R3), { vni: 200 })]),
  ),
  one("tag-is-restored", "S15", trunk(), "up0", arriving(datagram(R1, H4)), sent(["t1", tagged(10, R1, H4)])),
  one(
    "tag-of-the-second-vlan",
    "S15",
    trunk(),
    "up0",
    arriving(datagram(R3, H4), { vni: 200 }),
    sent(["t1", tagged(20, R3, H4)]),
  ),
  one("tagged-to-untagged", "P bridging: VLAN", trunk(), "t1", tagged(10, H4, H1), sent(["h1", datagram(H4, H1)])),
  one("untagged-to-tagged", "P bridging: VLAN", trunk(), "h1", datagram(H1, H4), sent(["t1", tagged(10, H1, H4)])),
  one(
    "vlan-to-vlan-of-one-interface",
    "P bridging: VLAN",
    trunk({ ports: { "t1.30": { domain: "red" } }, fdb: [{ domain: "red", mac: H2.mac, at: "t1.30" }] }),
    "t1",
    tagged(10, H4, H2),
    sent(["t1", tagged(30, H4, H2)]),
  ),
  one(
    "back-into-the-same-vlan",
    "P bridging",
    trunk({ fdb: [{ domain: "red", mac: H2.mac, at: "t1.10" }] }),
    "t1",
    tagged(10, H4, H2),
    dropped("hairpin"),
  ),
  one(
    "priority-ends-with-the-tag",
    "S15",
    trunk(),
    "t1",
    tagged(10, H4, R1, { pcp: 5 }),
    sent(["up0", encapsulated(plain)]),
  ),
  one(
    "drop-eligible-tag",
    "IEEE 802.1Q §9.6",
    trunk(),
    "t1",
    tagged(10, H4, R1, { dei: true }),
    sent(["up0", encapsulated(plain)]),
  ),
  one("priority-is-not-restored", "S15", trunk(), "h1", datagram(H1, H4), sent(["t1", tagged(10, H1, H4, { pcp: 0 })])),
  one(
    "largest-vlan",
    "P bridging: VLAN",
    lab({ ports: { "t1.4094": { domain: "red" } }, fdb: [{ domain: "red", mac: H4.mac, at: "t1.4094" }] }),
    "t1",
    tagged(4094, H4, R1),
    sent(["up0", encapsulated(plain)]),
  ),
  one(
    "shortest-tagged-frame",
    "S20",
    trunk(),
    "t1",
    packet(ethernet(H4.mac, R1.mac), vlan(10)),
    sent(["up0", encapsulated(packet(ethernet(H4.mac, R1.mac)))]),
  ),
  one("learned-in-the-domain-of-its-vlan", "S16 S5", trunk(), "t1", tagged(20, H2, R3), {
    ...sent(["up0", encapsulated(datagram(H2, R3), { vni: 200 })]),
    learned: [place("blue", H2.mac, "t1.20")],
  }),
  one(
    "flood-strips-and-restores",
    "S15 S17",
    trunk({ ports: { "t2.7": { domain: "red" } } }),
    "t1",
    ask(10),
    sent(
      ["h1", ask()],
      ["h2", ask()],
      ["t2", packet(ethernet(H4.mac, BROADCAST), vlan(7), arp(H4.mac, H4.ip, R1.ip), payload(18))],
      ["up0", encapsulated(ask())],
      ["up0", encapsulated(ask(), { peer: V3 })],
    ),
  ),
  one(
    "flood-from-untagged",
    "S15 S17",
    trunk({ vteps: { v2: { floods: [] }, v3: { floods: [] } } }),
    "h1",
    packet(ethernet(H1.mac, BROADCAST), payload(46)),
    sent(
      ["h2", packet(ethernet(H1.mac, BROADCAST), payload(46))],
      ["t1", packet(ethernet(H1.mac, BROADCAST), vlan(10), payload(46))],
    ),
  ),
];

const bothKinds = trunk({ ports: { t1: { domain: "red" } }, fdb: [{ domain: "red", mac: H2.mac, at: "t1" }] });
const classified: Case[] = [
  one(
    "priority-tag-is-untagged",
    "IEEE 802.1Q §6.9",
    lab(),
    "h1",
    tagged(0, H1, R1, { pcp: 6 }),
    sent(["up0", encapsulated(datagram(H1, R1))]),
  ),
  one(
    "priority-tag-leaves-untagged",
    "IEEE 802.1Q §6.9",
    lab(),
    "h1",
    tagged(0, H1, H2),
    sent(["h2", datagram(H1, H2)]),
  ),
  one(
    "untagged-beside-tagged",
    "P bridging: VLAN",
    bothKinds,
    "t1",
    datagram(H2, R1),
    sent(["up0", encapsulated(datagram(H2, R1))]),
  ),
  one("unknown-vlan", "P bridging: VLAN", trunk(), "t1", tagged(11, H4, R1), dropped("unknown_vlan")),
  one("tagged-on-an-untagged-port", "P bridging: VLAN", lab(), "h1", tagged(10, H1, R1), dropped("unknown_vlan")),
  one("untagged-on-a-tagged-port", "P bridging: VLAN", trunk(), "t1", datagram(H4, R1), dropped("unknown_vlan")),
  one("priority-tag-on-a-tagged-port", "P bridging: VLAN", trunk(), "t1", tagged(0, H4, R1), dropped("unknown_vlan")),
  one(
    "service-tag",
    "P bridging: Q-in-VNI",
    trunk(),
    "t1",
    tagged(10, H4, R1, { type: 0x88a8 }),
    dropped("unknown_vlan"),
  ),
  one(
    "service-tag-on-an-untagged-port",
    "P bridging: Q-in-VNI",
    lab(),
    "h1",
    tagged(10, H1, R1, { type: 0x88a8 }),
    dropped("unknown_vlan"),
  ),
  one(
    "second-tag",
    "S15",
    trunk(),
    "t1",
    packet(ethernet(H4.mac, R1.mac), vlan(10), vlan(20), ...body(H4, R1)),
    dropped("unknown_vlan"),
  ),
  one(
    "second-service-tag",
    "S15",
    trunk(),
    "t1",
    packet(ethernet(H4.mac, R1.mac), vlan(10), vlan(20, { type: 0x88a8 }), ...body(H4, R1)),
    dropped("unknown_vlan"),
  ),
  one(
    "priority-tag-before-a-tag",
    "S15",
    trunk(),
    "h1",
    packet(ethernet(H1.mac, R1.mac), vlan(0), vlan(10), ...body(H1, R1)),
    dropped("unknown_vlan"),
  ),
  one("vlan-4095", "IEEE 802.1Q table 9-2", trunk(), "t1", tagged(4095, H4, R1), dropped("unknown_vlan")),
  one(
    "disabled-vlan",
    "N6",
    trunk({ ports: { "t1.10": { domain: "red", enabled: false } } }),
    "t1",
    tagged(10, H4, R1),
    dropped("port_disabled"),
  ),
  one(
    "other-vlan-of-a-disabled-port",
    "N6",
    trunk({ ports: { "t1.10": { domain: "red", enabled: false } } }),
    "t1",
    tagged(20, H4, R3),
    sent(["up0", encapsulated(datagram(H4, R3), { vni: 200 })]),
  ),
];

const inner: Case[] = [
  one("inner-tag-from-a-tunnel", "S15", lab(), "up0", arriving(tagged(10, R1, H1)), dropped("inner_vlan")),
  one(
    "inner-service-tag-from-a-tunnel",
    "S15",
    lab(),
    "up0",
    arriving(tagged(10, R1, H1, { type: 0x88a8 })),
    dropped("inner_vlan"),
  ),
  one("inner-priority-tag-from-a-tunnel", "S15", lab(), "up0", arriving(tagged(0, R1, H1)), dropped("inner_vlan")),
];

const counted: Case = {
  id: "access/counters-of-a-tagged-port",
  spec: "P observability: counters per port",
  given: trunk(),
  frames: [
    { from: "t1", frame: tagged(10, H4, H1), expect: sent(["h1", datagram(H4, H1)]) },
    { from: "h1", frame: datagram(H1, H4), expect: sent(["t1", tagged(10, H1, H4)]) },
  ],
  counters: { "t1.10": [1, 60, 1, 60], h1: [1, 60, 1, 60], "t1.20": [0, 0, 0, 0] },
};

export const access: readonly Case[] = [...strip, ...classified, ...inner, counted];
