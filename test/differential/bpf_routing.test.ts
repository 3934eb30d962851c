// Random routed tables and packets through engine, XDP and tc. Packets share their tables, so what one teaches, the next
// one meets.
import { inspect } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { compare } from "../bpf/agreement.js";
import { closeBpf, fitsTestRun, HOOKS, NEEDS_ROOT, root } from "../bpf/harness.js";
import { buildTables } from "../corpus/given.js";
import { toHex } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";
import { rounds } from "../effort.js";
import { type RandomRouting, randomRoutedFrame, randomRouting } from "./random_routing.js";

const SEEDS = [1, 2, 3].slice(0, rounds(1));
const TABLES_A_SEED = rounds(3);
const FRAMES_A_TABLE = 60;
/** Answers, glean, hosts in no FDB, unresolved next hops and the checksums of an IPv6 underlay are the engine's. */
const LEAST_CARRIED = 0.15;

interface Tally {
  run: number;
  carried: number;
}

function mismatch(routing: RandomRouting, random: Random, hook: (typeof HOOKS)[number], tally: Tally): string {
  const { tables, names } = buildTables(routing.given);
  for (let at = 0; at < FRAMES_A_TABLE; at++) {
    const { from, frame } = randomRoutedFrame(random, routing);
    if (!fitsTestRun(frame, hook)) continue;
    const { bpf, difference } = compare(tables, names.slots.indexOf(from), frame, at, { hook });
    tally.run += 1;
    if (bpf.verdict === "sent") tally.carried += 1;
    if (difference !== "")
      return `${difference}\nfrom ${from}: ${toHex(frame)}\n${inspect(routing.given, { depth: 6 })}`;
  }
  return "";
}

describe.each(HOOKS)("random routing, engine against %s", (hook) => {
  afterAll(closeBpf);

  it.skipIf(!root).each(SEEDS)(`agrees, and does not leave it all to the engine (seed %i; ${NEEDS_ROOT})`, (seed) => {
    const random = new Random(seed);
    const tally = { run: 0, carried: 0 };
    for (let at = 0; at < TABLES_A_SEED; at++) expect(mismatch(randomRouting(random), random, hook, tally)).toBe("");
    expect(tally.carried / tally.run).toBeGreaterThan(LEAST_CARRIED);
  });
});
