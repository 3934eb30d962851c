// The corpus of the Ethertype fixer: frames and what becomes of each. Data only; it runs through the TypeScript rule and
// through every program of bpf/ethertype_fix.bpf.c.

import {
  arp,
  ethernet,
  hex,
  type Ipv4Options,
  ipv4,
  ipv6,
  type Layer,
  packet,
  payload,
  tcp,
  udp,
  vlan,
} from "../corpus/packet.js";

export type Kind = "passed" | "fixed4" | "fixed6" | "suspicious";

export interface FixCase {
  readonly id: string;
  /** Row of requirements. */
  readonly spec: string;
  readonly frame: Uint8Array;
  /** Default: IPv4 alone is repaired. */
  readonly ipv6?: boolean;
  readonly kind: Kind;
  /** Offset of the two bytes, where they change. */
  readonly typeAt?: number;
}

const FROM = "02:00:00:00:00:01";
const TO = "02:00:00:00:00:02";
const A = "192.168.7.1";
const B = "192.168.7.2";
const A6 = "fd00::1";
const B6 = "fd00::2";
const IPV4 = 0x0800;
const IPV6 = 0x86dd;

/** A packet behind an Ethertype of the writer's choice, and behind tags. */
function typed(type: number, tags: readonly Layer[], ...body: readonly (Layer | Uint8Array)[]): Uint8Array {
  const wrong: Layer = (behind) => ({ ...behind, etherType: type });
  return packet(ethernet(FROM, TO), ...tags, wrong, ...body);
}

/** 46 bytes behind the Ethernet header: the least that a wire carries. */
const datagram = (fields: Ipv4Options = {}) => [ipv4(A, B, fields), udp(1000, 2000), payload(18)] as const;
const datagram6 = () => [ipv6(A6, B6), udp(1000, 2000), payload(18)] as const;

const CUSTOMER = vlan(10, { pcp: 5, dei: true });
const PROVIDER = vlan(100, { type: 0x88a8 });
const UNKNOWN_TAG = vlan(7, { type: 0x9100 });

const fixed = (id: string, frame: Uint8Array, typeAt = 12, spec = "C11"): FixCase => {
  return { id: `fixed/${id}`, spec, frame, kind: "fixed4", typeAt };
};
const suspicious = (id: string, frame: Uint8Array, more: Partial<FixCase> = {}): FixCase => {
  return { id: `suspicious/${id}`, spec: "C16", frame, kind: "suspicious", ...more };
};
const passed = (id: string, spec: string, frame: Uint8Array, more: Partial<FixCase> = {}): FixCase => {
  return { id: `passed/${id}`, spec, frame, kind: "passed", ...more };
};

const repaired: readonly FixCase[] = [
  fixed("udp", typed(IPV6, [], ...datagram())),
  fixed("tcp", typed(IPV6, [], ipv4(A, B), tcp(1000, 80, { flags: 2 }))),
  fixed("full-size", typed(IPV6, [], ipv4(A, B), udp(1000, 2000), payload(1472))),
  fixed("nothing-but-a-header", typed(IPV6, [], ipv4(A, B), payload(0))),
  fixed("options", typed(IPV6, [], ...datagram({ options: new Uint8Array(40).fill(1) }))),
  fixed("padding-behind-the-packet", typed(IPV6, [], ipv4(A, B, { totalLength: 28 }), udp(1000, 2000), payload(18))),
  fixed("fragment", typed(IPV6, [], ...datagram({ offset: 100, mf: true }))),
  fixed("header-checksum-is-the-hosts-to-check", typed(IPV6, [], ...datagram({ checksum: 0 }))),
  fixed("customer-tag", typed(IPV6, [CUSTOMER], ...datagram()), 16, "C15"),
  fixed("provider-tag", typed(IPV6, [PROVIDER], ...datagram()), 16, "C15"),
  fixed("both-tags", typed(IPV6, [PROVIDER, CUSTOMER], ...datagram()), 20, "C15"),
  fixed("two-customer-tags", typed(IPV6, [CUSTOMER, CUSTOMER], ...datagram()), 20, "C15"),
  fixed("priority-tag", typed(IPV6, [vlan(0, { pcp: 7 })], ...datagram()), 16, "C15"),
  { id: "fixed6/udp", spec: "C11", frame: typed(IPV4, [], ...datagram6()), ipv6: true, kind: "fixed6", typeAt: 12 },
  {
    id: "fixed6/both-tags",
    spec: "C15",
    frame: typed(IPV4, [PROVIDER, CUSTOMER], ...datagram6()),
    ipv6: true,
    kind: "fixed6",
    typeAt: 20,
  },
  {
    id: "fixed6/jumbogram-says-zero",
    spec: "RFC 2675 §2",
    frame: typed(IPV4, [], ipv6(A6, B6, { payloadLength: 0 }), udp(1, 2), payload(18)),
    ipv6: true,
    kind: "fixed6",
    typeAt: 12,
  },
  { ...fixed("ipv4-with-ipv6-wanted-too", typed(IPV6, [], ...datagram())), ipv6: true },
];

const leftAlone: readonly FixCase[] = [
  suspicious("header-of-four-words", typed(IPV6, [], ...datagram({ headerWords: 4 }))),
  suspicious("header-of-no-words", typed(IPV6, [], ...datagram({ headerWords: 0 }))),
  suspicious("packet-beyond-the-frame", typed(IPV6, [], ...datagram({ totalLength: 47 }))),
  suspicious("longest-packet", typed(IPV6, [], ...datagram({ totalLength: 65535 }))),
  suspicious("packet-shorter-than-its-header", typed(IPV6, [], ...datagram({ totalLength: 19 }))),
  suspicious("packet-of-no-length", typed(IPV6, [], ...datagram({ totalLength: 0 }))),
  suspicious("options-beyond-the-packet", typed(IPV6, [], ...datagram({ headerWords: 15, totalLength: 46 }))),
  ...[0, 1, 5, 7, 15].flatMap((version) => [
    suspicious(`version-${version}-as-ipv6`, typed(IPV6, [], ...datagram({ version }))),
    suspicious(`version-${version}-as-ipv4`, typed(IPV4, [], ...datagram({ version })), { ipv6: true }),
  ]),
  suspicious("behind-tags", typed(IPV6, [PROVIDER, CUSTOMER], ...datagram({ headerWords: 3 }))),
  suspicious("tag-takes-no-room", typed(IPV6, [CUSTOMER], ...datagram({ totalLength: 47 }))),
  suspicious("ipv6-as-ipv4-not-asked-for", typed(IPV4, [], ...datagram6())),
  suspicious(
    "ipv6-payload-beyond-the-frame",
    typed(IPV4, [], ipv6(A6, B6, { payloadLength: 27 }), udp(1, 2), payload(18)),
    { ipv6: true },
  ),
  suspicious("ipv6-header-cut-off", typed(IPV4, [], ...datagram6()).slice(0, 53), { ipv6: true }),
];

const untouched: readonly FixCase[] = [
  passed("ipv4", "C12", packet(ethernet(FROM, TO), ...datagram())),
  passed("ipv6", "C12", packet(ethernet(FROM, TO), ...datagram6())),
  passed("ipv6-of-any-length", "C12", packet(ethernet(FROM, TO), ipv6(A6, B6, { payloadLength: 9999 }), udp(1, 2))),
  passed("ipv4-of-any-length", "C12", packet(ethernet(FROM, TO), ...datagram({ totalLength: 9999, headerWords: 1 }))),
  passed("tagged-ipv4", "C12", packet(ethernet(FROM, TO), CUSTOMER, ...datagram())),
  passed("tagged-ipv6", "C12", packet(ethernet(FROM, TO), PROVIDER, CUSTOMER, ...datagram6())),
  passed("both-wanted-and-right", "C12", packet(ethernet(FROM, TO), ...datagram6()), { ipv6: true }),
  passed("three-tags", "C15", typed(IPV6, [PROVIDER, CUSTOMER, CUSTOMER], ...datagram())),
  passed("tag-that-is-none", "C15", typed(IPV6, [UNKNOWN_TAG], ...datagram())),
  passed("arp", "C14", packet(ethernet(FROM, TO), arp(FROM, A, B), payload(18))),
  passed("lldp", "C14", packet(ethernet(FROM, "01:80:c2:00:00:0e", { type: 0x88cc }), payload(46))),
  passed(
    "stp",
    "C14",
    packet(ethernet(FROM, "01:80:c2:00:00:00", { type: 38 }), hex("42 42 03 00 00 00"), payload(40)),
  ),
  passed("unknown-type", "C14", packet(ethernet(FROM, TO), payload(46, 0x45))),
  passed("mpls", "C14", typed(0x8847, [], payload(4), ...datagram())),
  passed("type-of-a-tag-and-no-more", "C14", packet(ethernet(FROM, TO, { type: 0x8100 }))),
  passed("tag-cut-off", "C14", packet(ethernet(FROM, TO, { type: 0x8100 }), payload(3))),
  passed("tag-before-nothing", "C14", typed(IPV6, [CUSTOMER])),
  passed("ipv6-before-nothing", "C14", typed(IPV6, [])),
];

const REST = 20;
/** Cut after each byte of the header: passed as too short to tell, then suspicious, until the whole header is there. */
const cutOff = Array.from({ length: REST }, (_, length): FixCase => {
  const frame = typed(IPV6, [], ipv4(A, B, { totalLength: 20 })).slice(0, 14 + length);
  const id = `${14 + length}-bytes`;
  return length === 0 ? passed(`cut-to-${id}`, "C14", frame) : suspicious(`cut-to-${id}`, frame, { spec: "C14" });
});

export const fixCases: readonly FixCase[] = [...repaired, ...leftAlone, ...untouched, ...cutOff];

/** The frame as it must come out. */
export function expectedBytes({ frame, kind, typeAt = 0 }: FixCase): Uint8Array {
  const bytes = frame.slice();
  if (kind === "fixed4") bytes.set([0x08, 0x00], typeAt);
  if (kind === "fixed6") bytes.set([0x86, 0xdd], typeAt);
  return bytes;
}
