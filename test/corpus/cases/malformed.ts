// Runts, truncations, wrong lengths, fragments, options and trailers: counted or left to the kernel, never bridged
// beyond what their lengths say (S13, S20).

import { type Case, dropped, type Expected, passed, sent } from "../case.js";
import {
  arriving,
  arriving6,
  datagram,
  encapsulated,
  H1,
  H2,
  H4,
  LOCAL,
  lab,
  lab6,
  R1,
  routerMac,
  uplinkMac,
  V2,
} from "../lab.js";
import { concat, ethernet, type Ipv4Options, ipv4, packet, payload, udp, vlan, vxlan } from "../packet.js";

const down = datagram(R1, H1);
const link = ethernet(routerMac("up0"), uplinkMac("up0"));

function one(id: string, spec: string, given: Case["given"], from: string, frame: Uint8Array, expect: Expected): Case {
  return { id: `malformed/${id}`, spec, given, frames: [{ from, frame, expect }] };
}

/** A whole underlay packet with its IP fields or UDP length bent. */
const bent = (fields: Ipv4Options, datagramFields: { length?: number } = {}, tail: readonly Uint8Array[] = [down]) =>
  packet(link, ipv4(V2, LOCAL, fields), udp(50000, 4789, { checksum: 0, ...datagramFields }), vxlan(100), ...tail);

/** Every prefix of a valid packet: what is too short for its outer headers is not ours, the rest is cut short. */
function prefixes(id: string, given: Case["given"], whole: Uint8Array, headers: number): Case {
  const outcome = (length: number): Expected =>
    length < 14 ? dropped("runt") : length < headers ? passed : dropped("outer_malformed");
  return {
    id: `malformed/${id}`,
    spec: "S20",
    given,
    frames: Array.from({ length: whole.length }, (_, length) => ({
      from: "up0",
      frame: whole.slice(0, length),
      expect: outcome(length),
    })),
  };
}

/** Inner frames of each length with consistent outer lengths. */
const innerLengths: Case = {
  id: "malformed/inner-of-each-length",
  spec: "S20",
  given: lab(),
  frames: Array.from({ length: down.length + 1 }, (_, length) => {
    const inner = down.slice(0, length);
    return { from: "up0", frame: arriving(inner), expect: length < 14 ? dropped("runt") : sent(["h1", inner]) };
  }),
};

const up = datagram(H1, R1);
const accessLengths: Case = {
  id: "malformed/access-frame-of-each-length",
  spec: "S20",
  given: lab({ vtep: { df: "set" } }),
  frames: Array.from({ length: up.length + 1 }, (_, length) => {
    const frame = up.slice(0, length);
    return {
      from: "h1",
      frame,
      expect: length < 14 ? dropped("runt") : sent(["up0", encapsulated(frame, { df: true })]),
    };
  }),
};

const taggedUp = packet(ethernet(H4.mac, R1.mac), vlan(10), payload(4));
const taggedLengths: Case = {
  id: "malformed/tagged-frame-of-each-length",
  spec: "S20",
  given: lab({
    ports: { "t1.10": { domain: "red" } },
    fdb: [{ domain: "red", mac: H4.mac, at: "t1.10" }],
    vtep: { df: "set" },
  }),
  frames: Array.from({ length: taggedUp.length + 1 }, (_, length) => {
    const inner = concat(taggedUp.slice(0, 12), taggedUp.slice(16, length));
    return {
      from: "t1",
      frame: taggedUp.slice(0, length),
      expect: length < 18 ? dropped("runt") : sent(["up0", encapsulated(inner, { df: true })] as const),
    };
  }),
};

const lengths: Case[] = [
  prefixes("underlay-packet-cut-at-each-length", lab(), arriving(down), 14 + 20 + 8),
  prefixes("ipv6-underlay-packet-cut-at-each-length", lab6(), arriving6(down), 14 + 40 + 8),
  innerLengths,
  accessLengths,
  taggedLengths,
  one("total-length-beyond-the-frame", "S20", lab(), "up0", bent({ totalLength: 2000 }), dropped("outer_malformed")),
  one("total-length-within-the-udp-header", "S20", lab(), "up0", bent({ totalLength: 24 }), dropped("outer_malformed")),
  one("total-length-zero", "S20", lab(), "up0", bent({ totalLength: 0 }), dropped("outer_malformed")),
  one("udp-length-beyond-the-packet", "S20", lab(), "up0", bent({}, { length: 2000 }), dropped("outer_malformed")),
  one("udp-length-without-vxlan", "S20", lab(), "up0", bent({}, { length: 8 }), dropped("outer_malformed")),
  one("udp-length-zero", "S20", lab(), "up0", bent({}, { length: 0 }), dropped("outer_malformed")),
  one("udp-length-cuts-the-vxlan-header", "S20", lab(), "up0", bent({}, { length: 15 }), dropped("outer_malformed")),
  one("udp-length-leaves-no-inner-frame", "S20", lab(), "up0", bent({}, { length: 16 }), dropped("runt")),
  one(
    "udp-length-shorter-than-the-packet",
    "S20, RFC 768",
    lab(),
    "up0",
    bent({}, { length: 16 + down.length }, [down, payload(40)]),
    sent(["h1", down]),
  ),
  one("ethernet-padding-is-cut", "S20", lab(), "up0", concat(arriving(down), payload(6)), sent(["h1", down])),
  one(
    "shortest-inner-frame",
    "S20",
    lab(),
    "up0",
    arriving(packet(ethernet(R1.mac, H1.mac))),
    sent(["h1", packet(ethernet(R1.mac, H1.mac))]),
  ),
];

const shapes: Case[] = [
  one(
    "ip-options-on-the-underlay",
    "P underlay: IP options",
    lab(),
    "up0",
    bent({ options: Uint8Array.of(1, 1, 1, 0) }),
    sent(["h1", down]),
  ),
  one(
    "most-ip-options",
    "P underlay: IP options",
    lab(),
    "up0",
    bent({ options: new Uint8Array(40).fill(1) }),
    sent(["h1", down]),
  ),
  one("header-length-below-five", "S20", lab(), "up0", bent({ headerWords: 4 }), passed),
  one(
    "header-length-beyond-the-frame",
    "S20",
    lab(),
    "up0",
    packet(link, ipv4(V2, LOCAL, { headerWords: 15 }), udp(50000, 4789)),
    passed,
  ),
  one("wrong-ip-version", "S20", lab(), "up0", bent({ version: 5 }), passed),
  one("first-fragment", "S13", lab(), "up0", bent({ mf: true }), dropped("outer_fragment")),
  one("later-fragment-is-not-ours", "S13", lab(), "up0", bent({ offset: 10 }), passed),
  one("last-fragment-is-not-ours", "S13", lab(), "up0", bent({ mf: true, offset: 10 }), passed),
  one("dont-fragment-is-no-fragment", "S13", lab(), "up0", bent({ df: true }), sent(["h1", down])),
  one(
    "inner-fragments-are-carried",
    "P underlay: fragments",
    lab(),
    "h1",
    packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip, { mf: true, offset: 20 }), payload(40)),
    sent([
      "up0",
      encapsulated(packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip, { mf: true, offset: 20 }), payload(40))),
    ]),
  ),
  one(
    "inner-options-are-carried",
    "P underlay: IP options",
    lab(),
    "h1",
    packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip, { options: new Uint8Array(8).fill(1) }), udp(1, 2)),
    sent([
      "up0",
      encapsulated(
        packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip, { options: new Uint8Array(8).fill(1) }), udp(1, 2)),
      ),
    ]),
  ),
  one("outer-ip-checksum-wrong", "RFC 1122 §3.2.1.2", lab(), "up0", bent({ checksum: 0x1234 }), sent(["h1", down])),
  one(
    "outer-udp-checksum-wrong",
    "S11",
    lab(),
    "up0",
    packet(link, ipv4(V2, LOCAL), udp(50000, 4789, { checksum: 0x1234 }), vxlan(100), down),
    sent(["h1", down]),
  ),
  one("empty-frame", "S20", lab(), "h1", new Uint8Array(0), dropped("runt")),
  one(
    "garbage-between-hosts",
    "S20",
    lab(),
    "h1",
    packet(ethernet(H1.mac, H2.mac, { type: 0x0800 }), payload(200, 0xf0)),
    sent(["h2", packet(ethernet(H1.mac, H2.mac, { type: 0x0800 }), payload(200, 0xf0))]),
  ),
];

export const malformed: readonly Case[] = [...lengths, ...shapes];
