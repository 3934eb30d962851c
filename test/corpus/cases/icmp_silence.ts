// Of what no ICMP error may speak, and how often (RFC 1812 §4.3.2.7, RFC 4443 §2.4).

import { type Case, consumed, dropped, type Given } from "../case.js";
import { echoReply, icmp, icmpv6 } from "../icmp.js";
import {
  A1,
  B1,
  casesOf,
  fromGateway,
  fromL3,
  GW_RED,
  irbLab,
  leaving,
  leaving6,
  ping,
  pong,
  RED,
  takenOver,
  talk,
  talk6,
  X1,
} from "../irb_lab.js";
import { ethernet, hex, ipv6, packet, payload } from "../packet.js";
import { tells, tells6 } from "../told.js";

const one = casesOf("icmp");
const lab = irbLab();

const dying = leaving(A1, B1, { ttl: 1 });
const dying6 = leaving6(A1, B1, { hopLimit: 1 });
/** Same packet, same drop, not a word. */
const silent = (id: string, spec: string, frame: Uint8Array, given: Given = lab, from = "h1") =>
  one(`silent-about-${id}`, spec, given, from, frame, dropped("ttl_exceeded"));
const dead = (upper: Parameters<typeof talk>[3] = {}) => leaving(A1, B1, { ttl: 1, ...upper });
const dead6 = (...upper: NonNullable<Parameters<typeof talk6>[3]>["upper"] & readonly unknown[]) =>
  leaving6(A1, B1, { hopLimit: 1, upper });
const fragment6 = (offset: number) =>
  packet(
    ipv6(A1.ip6, B1.ip6, { hopLimit: 1, nextHeader: 44 }),
    hex("3a00"),
    Uint8Array.of(offset >>> 5, (offset << 3) & 0xff),
    hex("00000001"),
    payload(40),
  );

const silence: Case[] = [
  ...[3, 4, 5, 11, 12].map((type) => silent(`icmp-type-${type}`, "S32", dead({ upper: [icmp(type), payload(28)] }))),
  ...[1, 2, 3, 4, 127, 137].map((type) =>
    silent(`icmpv6-type-${type}`, "S32, RFC 4443 §2.4e", dead6(icmpv6(type), payload(40))),
  ),
  silent(
    "an-icmpv6-error-behind-options",
    "S32",
    leaving6(A1, B1, { hopLimit: 1, nextHeader: 60, upper: [hex("3a00 010400000000"), icmpv6(1), payload(40)] }),
  ),
  silent(
    "what-hides-behind-too-many-options",
    "S32",
    leaving6(A1, B1, {
      hopLimit: 1,
      nextHeader: 60,
      upper: [...Array.from({ length: 9 }, () => hex("3c00 010400000000")), payload(40)],
    }),
  ),
  silent("a-later-fragment", "S32", dead({ offset: 64, mf: true })),
  silent("the-last-fragment", "S32", dead({ offset: 64 })),
  silent("a-later-ipv6-fragment", "S32", packet(ethernet(A1.mac, GW_RED, { type: 0x86dd }), fragment6(64))),
  silent("an-icmp-header-that-is-not-there", "S20", dead({ upper: [], protocol: 1 })),
];

const speech: Case[] = [
  one("an-answer-may-be-told-about", "S32", lab, "h1", dead({ upper: [echoReply()] }), {
    ...dropped("ttl_exceeded", tells(11, 0, dead({ upper: [echoReply()] }))),
  }),
  one("the-first-fragment-may-be-told-about", "S32", lab, "h1", dead({ mf: true }), {
    ...dropped("ttl_exceeded", tells(11, 0, dead({ mf: true }))),
  }),
  one("icmpv6-echo-may-be-told-about", "S32", lab, "h1", dead6(icmpv6()), {
    ...dropped("ttl_exceeded", tells6(3, 0, dead6(icmpv6()))),
  }),
  one(
    "an-answer-of-the-gateway-is-never-answered",
    "S32",
    lab,
    "up0",
    fromL3(takenOver(X1, RED, { upper: pong })),
    consumed(),
  ),
];

const limited: Case = {
  id: "icmp/rate-limit",
  spec: "S32, RFC 1812 §4.3.2.8: 50 at once, then 100 a second; what must not be told costs nothing",
  given: lab,
  frames: [
    ...Array.from({ length: 20 }, () => ({ from: "h1", frame: dead({ offset: 64 }), expect: dropped("ttl_exceeded") })),
    ...Array.from({ length: 50 }, () => ({
      from: "h1",
      frame: dying,
      expect: dropped("ttl_exceeded", tells(11, 0, dying)),
    })),
    { from: "h1", frame: dying, expect: dropped("ttl_exceeded") },
    { at: 1, from: "h1", frame: dying, expect: dropped("ttl_exceeded", tells(11, 0, dying)) },
    ...Array.from({ length: 9 }, () => ({
      at: 1,
      from: "h1",
      frame: dying6,
      expect: dropped("ttl_exceeded", tells6(3, 0, dying6)),
    })),
    { at: 1, from: "h1", frame: dying, expect: dropped("ttl_exceeded") },
    {
      at: 1,
      from: "h1",
      frame: leaving(A1, RED, { upper: ping }),
      expect: consumed(["h1", fromGateway(RED, A1, pong)]),
    },
  ],
};

export const icmpSilence: readonly Case[] = [...silence, ...speech, limited];
