// Whatever comes in: no exception, no write beyond the frame's own room, no influence of bytes that are not the frame,
// and every frame accounted for once. Seeds are fixed; a failure prints the frame.
import { describe, expect, it } from "vitest";
import type { Given } from "../corpus/case.js";
import { cases } from "../corpus/cases/index.js";
import { type Changes, lab, lab6 } from "../corpus/lab.js";
import { toHex } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";
import { accountingFault, GuardedEngine } from "./guarded.js";

/** Two engines in lock step over the same tables, each in noise of its own. */
class Pair {
  private readonly engines: readonly [GuardedEngine, GuardedEngine];

  constructor(given: Given) {
    this.engines = [new GuardedEngine(given, 0x00), new GuardedEngine(given, 0xff)];
  }

  slotOf(name: string): number {
    return this.engines[0].built.names.slots.indexOf(name);
  }

  feed(slot: number, frame: Uint8Array, tick: number): void {
    const [first, second] = this.engines.map((engine) => engine.run(slot, frame, tick)) as [
      ReturnType<GuardedEngine["run"]>,
      ReturnType<GuardedEngine["run"]>,
    ];
    const fault = accountingFault(first);
    if (fault !== undefined) throw new Error(`${fault}: slot ${slot}, tick ${tick}, ${toHex(frame)}`);
    if (JSON.stringify(first) !== JSON.stringify(second))
      throw new Error(`bytes outside of the frame matter: slot ${slot}, ${toHex(frame)}`);
  }
}

const SETTINGS: Changes = {
  ports: {
    "t1.10": { domain: "red", isolated: true },
    h2: { isolated: true, maxMacs: 5 },
    h3: { storm: { broadcast: 10, unknownUnicast: 10 } },
  },
  domains: { red: { learnRemote: true } },
};
const LABS: readonly [string, Given][] = [
  [
    "IPv4, rfc7348",
    lab({ ...SETTINGS, vtep: { ttl: "inherit", df: "inherit", udpChecksum: true, knownVtepsOnly: false } }),
  ],
  ["IPv4, linux", lab({ ...SETTINGS, vtep: { profile: "linux", tos: 0x28 } })],
  ["IPv6, rfc7348", lab6({ ...SETTINGS, vtep: { ttl: "inherit", df: "inherit" } })],
];

describe("engine under garbage", () => {
  it.each(LABS)("survives random bytes (%s)", (_, given) => {
    const random = new Random(11);
    const pair = new Pair(given);
    for (let at = 0; at < 4000; at++) pair.feed(1 + random.below(5), random.bytes(random.below(120)), at >>> 3);
  });

  it.each(LABS)("survives corpus frames with bytes changed (%s)", (_, given) => {
    const random = new Random(12);
    const pair = new Pair(given);
    const frames = cases.flatMap((one) => one.frames).filter(({ frame }) => frame.length < 2000);
    for (let at = 0; at < 6000; at++) {
      const { frame, from } = random.pick(frames);
      const changed = frame.slice(0, random.chance(3) ? random.below(frame.length + 1) : frame.length);
      for (let change = random.below(4); change > 0 && changed.length > 0; change--)
        changed[random.below(changed.length)] = random.pick([0, 0xff, random.below(256)]);
      pair.feed(Math.max(1, pair.slotOf(from)), changed, at >>> 3);
    }
  });
});

describe("engine under truncation (S20)", () => {
  it("takes every prefix of every corpus frame", () => {
    for (const { given, frames } of cases.filter(({ id }) => !id.includes("reserved-bit-"))) {
      const pair = new Pair({ ...given, fdbCapacity: 64 });
      for (const { from, frame } of frames.slice(0, 1)) {
        for (let length = 0; length < Math.min(frame.length, 150); length++)
          pair.feed(pair.slotOf(from), frame.slice(0, length), 0);
      }
    }
  });
});

describe("accounting", () => {
  it("holds for every frame of the corpus", () => {
    const faults = cases.flatMap(({ id, given, frames }) => {
      const engine = new GuardedEngine(given, 0x55);
      return frames.flatMap(({ from, frame, at }) => {
        const fault = accountingFault(engine.run(engine.built.names.slots.indexOf(from), frame, at ?? 0));
        return fault === undefined ? [] : [`${id}: ${fault}`];
      });
    });
    expect(faults).toEqual([]);
  });
});
