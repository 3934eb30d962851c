// Corpus frames with bytes changed and cut off, and plain garbage, through the programs against the engine.
// Seeds are fixed; a failure prints the frame.

import { afterAll, describe, expect, it } from "vitest";
import type { Case, Given } from "../corpus/case.js";
import { cases } from "../corpus/cases/index.js";
import { buildTables } from "../corpus/given.js";
import { ASYMMETRIC, irbLab, irbLab6 } from "../corpus/irb_lab.js";
import { type Changes, lab, lab6 } from "../corpus/lab.js";
import { toHex } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";
import { rounds } from "../effort.js";
import { compare } from "./agreement.js";
import { closeBpf, fitsTestRun, HOOKS, root } from "./harness.js";

const FRAMES = rounds(150);
const SETTINGS: Changes = {
  ports: { "t1.10": { domain: "red", isolated: true }, h2: { isolated: true, maxMacs: 5 } },
};
const ROUTED: Changes = { ports: { "t1.10": { domain: "red" }, "t1.20": { domain: "blue" } } };
const LABS: readonly [string, Given][] = [
  [
    "IPv4, rfc7348",
    lab({ ...SETTINGS, vtep: { ttl: "inherit", df: "inherit", udpChecksum: true, knownVtepsOnly: false } }),
  ],
  ["IPv4, linux", lab({ ...SETTINGS, vtep: { profile: "linux", tos: "inherit", df: "set" } })],
  ["IPv6, rfc7348", lab6({ ...SETTINGS, vtep: { ttl: "inherit", df: "inherit" } })],
  ["symmetric IRB", irbLab({ ...ROUTED, vtep: { ttl: "inherit", df: "inherit" } })],
  ["repaired", lab({ ports: { h1: { repair: "both" } }, uplinks: { up0: { repair: "ipv4" } } })],
  ["symmetric IRB, checksums", irbLab({ ...ROUTED, vtep: { tos: "inherit", udpChecksum: true } })],
  ["asymmetric IRB", irbLab({ ...ROUTED, vrfs: { tenant: ASYMMETRIC }, vtep: { profile: "linux" } })],
  ["symmetric IRB over IPv6", irbLab6({ ...ROUTED, vtep: { ttl: "inherit" } })],
];

const isShort = ({ frame }: Case["frames"][number]): boolean => frame.length < 2000;
const framesWhere = (wanted: (given: Given) => boolean) =>
  cases.flatMap(({ given, frames }) => (wanted(given) ? frames.filter(isShort) : []));
const isRouted = ({ vrfs }: Given): boolean => vrfs !== undefined;
const ROUTED_FRAMES = framesWhere(isRouted);
const BRIDGED_FRAMES = framesWhere((given) => !isRouted(given));

function changed(random: Random, frame: Uint8Array): Uint8Array {
  const bytes = frame.slice(0, random.chance(4) ? random.below(frame.length + 1) : frame.length);
  for (let change = random.below(4); change > 0 && bytes.length > 0; change--) {
    bytes[random.below(bytes.length)] = random.pick([0, 0xff, random.below(256)]);
  }
  return bytes;
}

for (const hook of HOOKS) {
  describe(`${hook} under garbage`, () => {
    afterAll(closeBpf);

    it.skipIf(!root).each(LABS)("never differs from the engine (%s)", (_, given) => {
      const random = new Random(21);
      const { tables, names } = buildTables(given);
      // One slot after the other: tables are written again only when the slot changes.
      for (let slot = 1; slot < names.slots.length; slot++) {
        const own = (isRouted(given) ? ROUTED_FRAMES : BRIDGED_FRAMES).filter(({ from }) => from === names.slots[slot]);
        for (let at = 0; at < FRAMES / names.slots.length; at++) {
          const garbage = own.length === 0 || random.chance(10);
          const frame = garbage ? random.bytes(random.below(120)) : changed(random, random.pick(own).frame);
          if (!fitsTestRun(frame, hook)) continue;
          const { difference } = compare(tables, slot, frame, 0, { hook });
          expect(difference, `slot ${slot}, ${toHex(frame)}`).toBe("");
        }
      }
    });
  });
}
