// vtep.mssClamp: what a TCP host announces into a tunnel is lowered to what the path takes, and nothing else is touched.

import { type Case, type Expected, type Given, sent } from "../case.js";
import {
  A1,
  B1,
  brought,
  byL3,
  casesOf,
  fromL3,
  handedOver,
  handedOver6,
  type IrbChanges,
  irbLab,
  irbLab6,
  leaving,
  leaving6,
  RA,
  takenOver,
  talk,
  talk6,
  X1,
} from "../irb_lab.js";
import { encapsulated, encapsulated6, H1, lab, STRANGER, V3 } from "../lab.js";
import { concat, ipv4, type Layer, payload, type TcpFields, tcp, udp } from "../packet.js";

const one = casesOf("mss");

const [SYN, ACK, RST] = [0x02, 0x10, 0x04] as const;
const NOP = 1;
const WINDOW_SCALE = [3, 3, 7] as const;
const TIMESTAMPS = [8, 10, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const mss = (value: number): number[] => [2, 4, value >>> 8, value & 0xff];

const syn = (options: readonly number[], more: TcpFields = {}): readonly Layer[] => [
  tcp(1000, 80, { flags: SYN, options, ...more }),
];

/** up0 takes 1500: 1450 of the inner packet, 1410 of an IPv4 segment and 1390 of an IPv6 one. */
const clamping = (more: IrbChanges = {}): Given =>
  irbLab({ uplinks: { up0: { mtu: 1500 } }, ...more, vtep: { mssClamp: true, ...more.vtep } });

type Upper = readonly (Layer | Uint8Array)[];
const link = [A1.mac, RA.mac] as const;
const bridged = (upper: Upper, fields: object = {}): Uint8Array => talk(A1, RA, link, { upper, ...fields });
const bridged6 = (upper: Upper, fields: object = {}): Uint8Array => talk6(A1, RA, link, { upper, ...fields });
const inTunnel = (frame: Uint8Array): Expected => sent(["up0", encapsulated(frame)]);

/** Sent on with the second of both, between hosts of one domain. */
const changed = (id: string, before: Upper, after: Upper, given = clamping()): Case =>
  one(id, "X7", given, "h1", bridged(before), inTunnel(bridged(after)));
const untouched = (id: string, frame: Uint8Array, given = clamping()): Case =>
  one(id, "X7", given, "h1", frame, inTunnel(frame));

const large = syn(mss(1460));
const lowered = syn(mss(1410));

export const mssClamp: readonly Case[] = [
  changed("bridged-syn", large, lowered),
  changed("bridged-syn-ack", syn(mss(1460), { flags: SYN | ACK }), syn(mss(1410), { flags: SYN | ACK })),
  changed("a-byte-too-large", syn(mss(1411)), lowered),
  changed("the-largest-there-is", syn(mss(65535)), lowered),
  changed("with-data-behind", [...large, payload(33)], [...lowered, payload(33)]),
  changed(
    "behind-other-options",
    syn([...TIMESTAMPS, NOP, NOP, ...mss(1460)]),
    syn([...TIMESTAMPS, NOP, NOP, ...mss(1410)]),
  ),
  changed(
    "behind-an-odd-number-of-bytes",
    syn([...WINDOW_SCALE, ...mss(1460), NOP]),
    syn([...WINDOW_SCALE, ...mss(1410), NOP]),
  ),
  changed("behind-a-single-no-operation", syn([NOP, ...mss(9000), 0, 0, 0]), syn([NOP, ...mss(1410), 0, 0, 0])),
  changed(
    "among-as-many-options-as-there-may-be",
    syn([...TIMESTAMPS, ...TIMESTAMPS, ...TIMESTAMPS, NOP, NOP, NOP, NOP, NOP, NOP, ...mss(1460)]),
    syn([...TIMESTAMPS, ...TIMESTAMPS, ...TIMESTAMPS, NOP, NOP, NOP, NOP, NOP, NOP, ...mss(1410)]),
  ),
  changed("by-the-learned-path-mtu", large, syn(mss(1310)), clamping({ vteps: { v2: { pathMtu: 1400 } } })),
  one("bridged-ipv6-syn", "X7", clamping(), "h1", bridged6(syn(mss(1440))), inTunnel(bridged6(syn(mss(1390))))),
  one(
    "bridged-syn-with-ip-options",
    "X7: RFC 6691 §2: options do not count",
    clamping(),
    "h1",
    bridged(large, { options: Uint8Array.of(1, 1, 1, 0) }),
    inTunnel(bridged(lowered, { options: Uint8Array.of(1, 1, 1, 0) })),
  ),
  one("routed-syn", "X7", clamping(), "h1", leaving(A1, X1, { upper: large }), {
    ...sent(byL3(handedOver(A1, X1, { upper: lowered }))),
  }),
  one("routed-ipv6-syn", "X7", clamping(), "h1", leaving6(A1, X1, { upper: syn(mss(1440)) }), {
    ...sent(byL3(handedOver6(A1, X1, { upper: syn(mss(1390)) }))),
  }),
  one(
    "over-an-ipv6-underlay",
    "X7 S21: the outer checksum covers what was lowered",
    irbLab6({ uplinks: { up0: { mtu: 1500 } }, vtep: { mssClamp: true } }),
    "h1",
    bridged(large),
    sent(["up0", encapsulated6(bridged(syn(mss(1390))))]),
  ),
  one(
    "with-an-outer-checksum",
    "X7",
    clamping({ vtep: { udpChecksum: true } }),
    "h1",
    bridged(large),
    sent(["up0", encapsulated(bridged(lowered), { checksum: "valid" })]),
  ),
  one(
    "flooded-copies-each-by-their-path",
    "X7",
    lab({ uplinks: { up0: { mtu: 1500 } }, vtep: { mssClamp: true }, vteps: { v3: { pathMtu: 1400 } } }),
    "h1",
    talk(H1, STRANGER, [H1.mac, STRANGER.mac], { upper: large }),
    sent(
      ["h2", talk(H1, STRANGER, [H1.mac, STRANGER.mac], { upper: large })],
      ["up0", encapsulated(talk(H1, STRANGER, [H1.mac, STRANGER.mac], { upper: lowered }))],
      ["up0", encapsulated(talk(H1, STRANGER, [H1.mac, STRANGER.mac], { upper: syn(mss(1310)) }), { peer: V3 })],
    ),
  ),
  one(
    "from-tunnel-to-tunnel",
    "X7",
    clamping({ neighbors: [{ domain: "red", ip: "10.1.0.24", mac: "02:00:00:00:03:04" }] }),
    "up0",
    fromL3(takenOver(X1, { ip: "10.1.0.24" }, { upper: large })),
    sent([
      "up0",
      encapsulated(talk(X1, { ip: "10.1.0.24" }, [A1.gateway, "02:00:00:00:03:04"], { upper: lowered, ttl: 62 }), {
        peer: V3,
      }),
    ]),
  ),

  untouched("as-large-as-the-path-takes", bridged(lowered)),
  untouched("never-raised", bridged(syn(mss(536)))),
  untouched("switched-off", bridged(large), irbLab({ uplinks: { up0: { mtu: 1500 } } })),
  untouched("no-option", bridged(syn([]))),
  untouched("other-options-only", bridged(syn([...WINDOW_SCALE, NOP]))),
  untouched("no-syn", bridged(syn(mss(1460), { flags: ACK }))),
  untouched("reset", bridged(syn(mss(1460), { flags: RST | ACK }))),
  untouched("behind-the-end-of-the-list", bridged(syn([0, ...mss(1460), 0, 0, 0]))),
  untouched("of-wrong-length", bridged(syn([2, 6, 5, 180, 0, 0, NOP, NOP]))),
  untouched("of-length-two", bridged(syn([2, 2, ...mss(1460), NOP, NOP]))),
  untouched("said-twice", bridged(syn([...mss(1460), ...mss(9000)]))),
  untouched("before-an-option-of-length-zero", bridged(syn([...mss(1460), 8, 0, 0, 0]))),
  untouched("before-an-option-of-length-one", bridged(syn([...mss(1460), 8, 1, 0, 0]))),
  untouched("before-an-option-beyond-the-end", bridged(syn([...mss(1460), 8, 10, 0, 0]))),
  untouched("before-an-option-cut-off-behind-its-kind", bridged(syn([...mss(1460), NOP, NOP, NOP, 8]))),
  untouched("option-cut-by-the-end", bridged(syn([NOP, 2, 4, 5]))),
  untouched("header-longer-than-the-packet", bridged(syn(mss(1460), { headerWords: 7 }))),
  untouched("header-shorter-than-the-least", bridged(syn(mss(1460), { headerWords: 4 }))),
  untouched("first-fragment", bridged(large, { mf: true })),
  untouched("later-fragment", bridged(large, { offset: 3 })),
  untouched("total-length-beyond-the-frame", bridged(large, { totalLength: 100 })),
  untouched("total-length-cuts-the-header", bridged(large, { totalLength: 42 })),
  untouched("wrong-version", bridged(large, { version: 5 })),
  untouched("ipv4-header-shorter-than-the-least", bridged(large, { headerWords: 4 })),
  untouched(
    "behind-an-ipv6-extension-header",
    bridged6([Uint8Array.of(6, 0, 1, 4, 0, 0, 0, 0), ...syn(mss(1440))], { nextHeader: 0 }),
  ),
  untouched("ipv6-payload-length-beyond-the-frame", bridged6(syn(mss(1440)), { payloadLength: 100 })),
  untouched("another-protocol", bridged([udp(1000, 80, { length: 600 }), payload(40)])),
  untouched("tcp-in-another-protocol", bridged([ipv4(A1.ip, RA.ip, { protocol: 6 }), ...large])),
  untouched("of-a-syn-cut-short", bridged(large).subarray(0, 14 + 20 + 19)),
  one(
    "between-local-ports",
    "X7",
    clamping({ vteps: { v2: { pathMtu: 600 } } }),
    "h1",
    leaving(A1, B1, { upper: large }),
    {
      ...sent(["h3", brought(A1, B1, { upper: large })]),
    },
  ),
  one("out-of-a-tunnel", "X7", clamping(), "up0", fromL3(takenOver(X1, A1, { upper: large })), {
    ...sent(["h1", brought(X1, A1, { ttl: 62, upper: large })]),
  }),
  one(
    "path-that-is-not-known-yet",
    "X7",
    clamping({ vteps: { v2: { via: "resolving" } } }),
    "h1",
    bridged(large),
    sent(["kernel", encapsulated(bridged(large)).subarray(14)]),
  ),
  {
    id: "mss/padding-stays",
    spec: "X7",
    given: clamping(),
    frames: [
      {
        from: "h1",
        frame: concat(bridged(large), payload(6)),
        expect: inTunnel(concat(bridged(lowered), payload(6))),
      },
    ],
  },
];
