// What one VTEP pushes, another pops: the inner frame comes out as it went in, whatever the header settings.
import { describe, expect, it } from "vitest";
import { Verdict } from "../../src/engine/decision.js";
import type { Given, VtepGiven } from "../corpus/case.js";
import { datagram, datagram6, H1, LOCAL, LOCAL6, lab, lab6, R1, V2, V2_6 } from "../corpus/lab.js";
import { MemoryRun } from "../corpus/memory.js";
import { concat, hex, toHex } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";

/** The lab seen from v2: R1 is its host h1, and H1 lives behind the VTEP that is `lab`'s own. */
function farSide(given: Given, own: string, peer: string): Given {
  const hosts = [
    { domain: "red", mac: R1.mac, at: "h1" },
    { domain: "red", mac: H1.mac, at: "v2" },
  ];
  const vteps = { v2: { address: peer, floods: ["red"], via: ["up0"] } };
  return { ...given, vtep: { ...given.vtep, address: own }, vteps, fdb: hosts };
}

function randomFrame(random: Random): Uint8Array {
  const addresses = hex(`${R1.mac}${H1.mac}`.replaceAll(":", ""));
  const ip = random.chance(2) ? datagram(H1, R1, random.below(1400)) : datagram6(H1, R1, random.below(1400));
  if (random.chance(3)) return concat(addresses, random.bytes(2 + random.below(200)));
  ip[15] = random.below(256); // TOS, or part of traffic class and flow label
  return ip;
}

const isTagged = (frame: Uint8Array) => ["8100", "88a8"].includes(toHex(frame.subarray(12, 14)));

const SETTINGS: readonly Partial<VtepGiven>[] = [
  {},
  { profile: "linux", tos: 0xff },
  { udpChecksum: true, df: "inherit", ttl: "inherit" },
  { udpPort: 8472, sourcePorts: [1, 9], df: "set" },
];

describe.each(SETTINGS)("pop(push(frame)) = frame with %o", (vtep) => {
  const pairs: readonly [string, Given, Given][] = [
    ["IPv4", lab({ vtep }), farSide(lab({ vtep }), V2, LOCAL)],
    ["IPv6", lab6({ vtep }), farSide(lab6({ vtep }), V2_6, LOCAL6)],
  ];

  it.each(pairs)("over %s", (_, near, far) => {
    const [sender, receiver] = [new MemoryRun(near), new MemoryRun(far)];
    const random = new Random(21);
    for (let round = 0; round < 150; round++) {
      const frame = randomFrame(random);
      if (isTagged(frame)) continue;
      sender.driver.sent.length = 0;
      sender.driver.receive(sender.built.names.slots.indexOf("h1"), frame, 0);
      expect(sender.driver.sent, toHex(frame)).toHaveLength(1);
      receiver.driver.sent.length = 0;
      const arrived = receiver.driver.receive(1, sender.driver.sent[0]!.bytes, 0);
      expect(arrived.verdict, toHex(frame)).toBe(Verdict.FORWARD);
      expect(toHex(receiver.driver.sent[0]!.bytes)).toBe(toHex(frame));
    }
  });
});
