// The received VXLAN header: flags, reserved bits and the VNI (RFC 7348 §5), and who sent it.

import { type Case, dropped, type Expected, passed, sent } from "../case.js";
import { arriving, datagram, H1, H3, LOCAL, lab, R1, R3, routerMac, uplinkMac, V2, V3 } from "../lab.js";
import { ethernet, ipv4, packet, udp, vlan, vxlan } from "../packet.js";

const down = datagram(R1, H1);
const RESERVED_BITS = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => bit !== 4 && (bit < 32 || bit >= 56));

function arrival(id: string, spec: string, given: Case["given"], frame: Uint8Array, expect: Expected): Case {
  return { id: `vxlan/${id}`, spec, given, frames: [{ from: "up0", frame, expect }] };
}

const reserved: Case[] = RESERVED_BITS.flatMap((bit) => [
  arrival(
    `reserved-bit-${bit}-ignored`,
    "S3, RFC 7348 §5",
    lab(),
    arriving(down, { toggle: [bit] }),
    sent(["h1", down]),
  ),
  arrival(
    `reserved-bit-${bit}-refused`,
    "S3, profile linux",
    lab({ vtep: { profile: "linux" } }),
    arriving(down, { toggle: [bit] }),
    dropped("vxlan_reserved_bits"),
  ),
]);

const flags: Case[] = [
  arrival("all-reserved-bits-ignored", "S3", lab(), arriving(down, { toggle: RESERVED_BITS }), sent(["h1", down])),
  arrival("no-i-flag", "S2", lab(), arriving(down, { toggle: [4] }), dropped("vxlan_no_i_flag")),
  arrival(
    "no-i-flag-linux",
    "S2",
    lab({ vtep: { profile: "linux" } }),
    arriving(down, { toggle: [4] }),
    dropped("vxlan_no_i_flag"),
  ),
  arrival("no-i-flag-but-others", "S2", lab(), arriving(down, { toggle: [4, 0, 7] }), dropped("vxlan_no_i_flag")),
];

const vni: Case[] = [
  arrival("unknown-vni", "S4", lab(), arriving(down, { vni: 101 }), dropped("unknown_vni")),
  arrival("vni-zero", "S4", lab(), arriving(down, { vni: 0 }), dropped("unknown_vni")),
  arrival("vni-that-differs-in-its-first-byte", "S4", lab(), arriving(down, { vni: 0x010064 }), dropped("unknown_vni")),
  arrival(
    "largest-vni",
    "S4",
    lab({ domains: { red: { vni: 0xffffff } } }),
    arriving(down, { vni: 0xffffff }),
    sent(["h1", down]),
  ),
  arrival(
    "vni-of-another-domain",
    "S5",
    lab(),
    arriving(datagram(R3, H3), { vni: 200 }),
    sent(["h3", datagram(R3, H3)]),
  ),
];

const counted: Case = {
  id: "vxlan/counters-of-what-is-refused",
  spec: "P observability",
  given: lab(),
  frames: [
    { from: "up0", frame: arriving(down, { vni: 101 }), expect: dropped("unknown_vni") },
    { from: "up0", frame: arriving(down, { peer: "10.255.0.66" }), expect: dropped("unknown_vtep") },
    { from: "up0", frame: arriving(datagram(R1, R1)), expect: dropped("split_horizon") },
  ],
  counters: { v2: [2, 120, 0, 0], red: [1, 60, 0, 0], blue: [0, 0, 0, 0], "": [0, 0, 0, 0] },
};

const senders: Case[] = [
  arrival("unknown-vtep", "S19, C20", lab(), arriving(down, { peer: "10.255.0.66" }), dropped("unknown_vtep")),
  arrival(
    "vtep-not-in-this-list",
    "S19",
    lab({ vteps: { v3: { known: false } } }),
    arriving(down, { peer: V3 }),
    dropped("unknown_vtep"),
  ),
  arrival(
    "unknown-vtep-tolerated",
    "S19",
    lab({ vtep: { knownVtepsOnly: false } }),
    arriving(down, { peer: "10.255.0.66" }),
    sent(["h1", down]),
  ),
  arrival("own-address-reflected", "N23", lab(), arriving(down, { peer: LOCAL }), dropped("reflected")),
  arrival(
    "own-address-reflected-even-if-all-are-known",
    "N23",
    lab({ vtep: { knownVtepsOnly: false } }),
    arriving(down, { peer: LOCAL }),
    dropped("reflected"),
  ),
];

const link = ethernet(routerMac("up0"), uplinkMac("up0"));
const notOurs: Case[] = [
  arrival("other-udp-port", "S6", lab(), arriving(down, { udpPort: 4790 }), passed),
  arrival("default-port-when-another-is-set", "S6", lab({ vtep: { udpPort: 8472 } }), arriving(down), passed),
  arrival(
    "configured-port",
    "S6",
    lab({ vtep: { udpPort: 8472 } }),
    arriving(down, { udpPort: 8472 }),
    sent(["h1", down]),
  ),
  arrival(
    "other-destination-address",
    "P underlay",
    lab(),
    packet(link, ipv4(V2, V3), udp(5, 4789), vxlan(100), down),
    passed,
  ),
  arrival(
    "tcp-to-the-port",
    "P underlay",
    lab(),
    packet(link, ipv4(V2, LOCAL, { protocol: 6 }), udp(5, 4789), vxlan(100), down),
    passed,
  ),
  arrival(
    "arp-on-the-underlay",
    "P underlay",
    lab(),
    packet(ethernet(routerMac("up0"), "ff:ff:ff:ff:ff:ff", { type: 0x0806 }), down),
    passed,
  ),
  arrival(
    "tagged-underlay-packet",
    "P underlay",
    lab(),
    packet(link, vlan(5), ipv4(V2, LOCAL), udp(5, 4789), vxlan(100), down),
    passed,
  ),
  arrival(
    "ipv6-when-the-underlay-is-ipv4",
    "P underlay",
    lab(),
    packet(ethernet(routerMac("up0"), uplinkMac("up0"), { type: 0x86dd }), down),
    passed,
  ),
];

export const vxlanHeader: readonly Case[] = [...flags, ...vni, counted, ...senders, ...notOurs, ...reserved];
