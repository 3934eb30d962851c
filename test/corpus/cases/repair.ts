// Ethertypes repaired at an interface before anything else is decided (rows C11 to C16).

import { type Case, dropped, type Given, type Repair, type Step, sent, passed as toTheKernel } from "../case.js";
import { A1, B1, brought, irbLab, leaving } from "../irb_lab.js";
import {
  arriving,
  arriving6,
  BROADCAST,
  datagram,
  datagram6,
  encapsulated,
  H1,
  H2,
  H4,
  LOCAL,
  lab,
  lab6,
  R1,
  V3,
} from "../lab.js";
import { arp, ethernet, ipv4, packet, payload, tcp, udp, vlan } from "../packet.js";

/** Frames as they would be, but for the type. */
function typed(frame: Uint8Array, type: number, at = 12): Uint8Array {
  const bytes = frame.slice();
  bytes.set([type >>> 8, type & 0xff], at);
  return bytes;
}
const as6 = (frame: Uint8Array, at?: number) => typed(frame, 0x86dd, at);
const as4 = (frame: Uint8Array, at?: number) => typed(frame, 0x0800, at);

/** Of a frame that stays broken no class of traffic can be read. */
const vtep = { tos: 0 };
const access = lab({ vtep, ports: { h1: { repair: "ipv4" } } });
const accessBoth = lab({ vtep, ports: { h1: { repair: "both" } } });
const underlay = lab({ uplinks: { up0: { repair: "ipv4" } } });
const trunk = lab({
  ports: { "t1.10": { domain: "red", repair: "ipv4" } },
  fdb: [{ domain: "red", mac: H4.mac, at: "t1.10" }],
});

/** Passed, fixed4, fixed6, suspicious. */
function one(id: string, spec: string, given: Given, step: Step, counts: Repair): Case {
  return { id: `repair/${id}`, spec, given, frames: [step], repairs: { [step.from]: counts } };
}

const [PASSED, FIXED4, FIXED6, SUSPICIOUS] = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
  [0, 0, 0, 1],
] as const;
const NOTHING: Repair = [0, 0, 0, 0];

const good = datagram(H1, R1);
const good6 = datagram6(H1, R1);
const tagged = packet(ethernet(H4.mac, R1.mac), vlan(10), ipv4(H4.ip, R1.ip), udp(1000, 2000), payload(18));
const shortHeader = as6(packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip, { headerWords: 4 }), payload(30)));
const tooLong = as6(packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip, { totalLength: 99 }), payload(30)));
const bgp = packet(ethernet("02:bb:00:00:00:00", "02:aa:00:00:00:00"), ipv4(V3, LOCAL), tcp(179, 40000));

const onAccess: Case[] = [
  one(
    "access-ipv4",
    "C11",
    access,
    { from: "h1", frame: as6(good), expect: sent(["up0", encapsulated(good)]) },
    FIXED4,
  ),
  one(
    "access-right-ipv4",
    "C12",
    access,
    { from: "h1", frame: good, expect: sent(["up0", encapsulated(good)]) },
    PASSED,
  ),
  one(
    "access-right-ipv6",
    "C12",
    accessBoth,
    { from: "h1", frame: good6, expect: sent(["up0", encapsulated(good6)]) },
    PASSED,
  ),
  one(
    "access-to-a-local-port",
    "C11",
    access,
    { from: "h1", frame: as6(datagram(H1, H2)), expect: sent(["h2", datagram(H1, H2)]) },
    FIXED4,
  ),
  one(
    "access-of-an-interface-that-is-not-repaired",
    "C11",
    access,
    { from: "h2", frame: as6(datagram(H2, R1)), expect: sent(["up0", encapsulated(as6(datagram(H2, R1)))]) },
    NOTHING,
  ),
  one(
    "access-tagged",
    "C15",
    trunk,
    { from: "t1", frame: as6(tagged, 16), expect: sent(["up0", encapsulated(datagram(H4, R1))]) },
    FIXED4,
  ),
  one(
    "access-ipv6-where-asked-for",
    "C11",
    accessBoth,
    { from: "h1", frame: as4(good6), expect: sent(["up0", encapsulated(good6)]) },
    FIXED6,
  ),
  one(
    "access-ipv6-where-not-asked-for",
    "C11",
    access,
    { from: "h1", frame: as4(good6), expect: sent(["up0", encapsulated(as4(good6))]) },
    SUSPICIOUS,
  ),
  ...Object.entries({ "short-header": shortHeader, "packet-beyond-the-frame": tooLong }).map(([id, frame]) =>
    one(`access-${id}`, "C16", access, { from: "h1", frame, expect: sent(["up0", encapsulated(frame)]) }, SUSPICIOUS),
  ),
  one(
    "access-every-copy-of-a-flood",
    "C11",
    access,
    {
      from: "h1",
      frame: as6(datagram(H1, { ...R1, mac: BROADCAST })),
      expect: sent(
        ["h2", datagram(H1, { ...R1, mac: BROADCAST })],
        ["up0", encapsulated(datagram(H1, { ...R1, mac: BROADCAST }))],
        ["up0", encapsulated(datagram(H1, { ...R1, mac: BROADCAST }), { peer: V3 })],
      ),
    },
    FIXED4,
  ),
  one(
    "access-arp",
    "C14",
    access,
    {
      from: "h1",
      frame: packet(ethernet(H1.mac, H2.mac), arp(H1.mac, H1.ip, H2.ip, H2.mac), payload(18)),
      expect: sent(["h2", packet(ethernet(H1.mac, H2.mac), arp(H1.mac, H1.ip, H2.ip, H2.mac), payload(18))]),
    },
    PASSED,
  ),
  one(
    "access-runt-is-still-a-runt",
    "C14",
    access,
    { from: "h1", frame: payload(13), expect: dropped("runt") },
    PASSED,
  ),
  one(
    "access-to-the-gateway-is-routed",
    "C11",
    { ...irbLab(), ports: { ...irbLab().ports, h1: { domain: "red", repair: "ipv4" } } },
    { from: "h1", frame: as6(leaving(A1, B1)), expect: sent(["h3", brought(A1, B1)]) },
    FIXED4,
  ),
];

const onUnderlay: Case[] = [
  one(
    "underlay-vxlan",
    "C11",
    underlay,
    { from: "up0", frame: as6(arriving(datagram(R1, H1))), expect: sent(["h1", datagram(R1, H1)]) },
    FIXED4,
  ),
  one(
    "underlay-vxlan-not-repaired",
    "C11",
    lab(),
    { from: "up0", frame: as6(arriving(datagram(R1, H1))), expect: toTheKernel },
    NOTHING,
  ),
  one("underlay-bgp-for-the-kernel", "C11", underlay, { from: "up0", frame: as6(bgp), expect: toTheKernel }, FIXED4),
  one(
    "underlay-leaves-inner-frames-alone",
    "C11",
    underlay,
    { from: "up0", frame: arriving(as6(datagram(R1, H1))), expect: sent(["h1", as6(datagram(R1, H1))]) },
    PASSED,
  ),
  one(
    "underlay-outer-packet-beyond-the-frame",
    "C16",
    underlay,
    { from: "up0", frame: as6(arriving(datagram(R1, H1))).slice(0, 80), expect: toTheKernel },
    SUSPICIOUS,
  ),
  one(
    "underlay6-vxlan",
    "C11",
    lab6({ uplinks: { up0: { repair: "both" } } }),
    { from: "up0", frame: as4(arriving6(datagram(R1, H1))), expect: sent(["h1", datagram(R1, H1)]) },
    FIXED6,
  ),
  one(
    "underlay6-right",
    "C12",
    lab6({ uplinks: { up0: { repair: "both" } } }),
    { from: "up0", frame: arriving6(datagram(R1, H1)), expect: sent(["h1", datagram(R1, H1)]) },
    PASSED,
  ),
];

const sums: Case = {
  id: "repair/counts-by-kind",
  spec: "C11, C16",
  given: accessBoth,
  frames: [as6(good), as6(good), as4(good6), shortHeader, good].map((frame, id) => {
    const out = frame === shortHeader ? frame : frame === good || frame[12] === 0x86 ? good : good6;
    return { from: "h1", frame, expect: sent(["up0", encapsulated(out, { id })]) };
  }),
  repairs: { h1: [1, 2, 1, 1], h2: NOTHING },
};

export const repair: readonly Case[] = [...onAccess, ...onUnderlay, sums];
