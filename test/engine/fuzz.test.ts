// Whatever comes in: no exception, no write beyond the frame's own room, no influence of bytes that are not the frame,
// and every frame accounted for once. Seeds are fixed; a failure prints the frame.
import { describe, expect, it } from "vitest";
import { Verdict } from "../../src/engine/decision.js";
import type { Given } from "../corpus/case.js";
import { cases } from "../corpus/cases/index.js";
import { advertisement, icmp, icmpv6, solicitation } from "../corpus/icmp.js";
import {
  A1,
  A2,
  ASYMMETRIC,
  B1,
  BLUE,
  GW_BLUE,
  GW_RED,
  type IrbChanges,
  irbLab,
  irbLab6,
  L3_VNI,
  RA,
  RB,
  RED,
  RMAC,
  RMAC2,
  RMAC3,
  SILENT,
  X1,
} from "../corpus/irb_lab.js";
import { arriving, type Changes, lab, lab6 } from "../corpus/lab.js";
import { arp, ethernet, ipv4, ipv6, type Layer, packet, payload, tcp, toHex, udp } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";
import { accountingFault, GuardedEngine } from "./guarded.js";

/** Thousands of frames through two engines, on a machine that may be busy. */
const PATIENCE_MS = 120_000;

/** Two engines in lock step over the same tables, each in noise of its own. */
class Pair {
  private readonly engines: readonly [GuardedEngine, GuardedEngine];

  constructor(given: Given) {
    this.engines = [new GuardedEngine(given, 0x00), new GuardedEngine(given, 0xff)];
  }

  slotOf(name: string): number {
    return this.engines[0].built.names.slots.indexOf(name);
  }

  feed(slot: number, frame: Uint8Array, tick: number): number {
    const [first, second] = this.engines.map((engine) => engine.run(slot, frame, tick)) as [
      ReturnType<GuardedEngine["run"]>,
      ReturnType<GuardedEngine["run"]>,
    ];
    const fault = accountingFault(first);
    if (fault !== undefined) throw new Error(`${fault}: slot ${slot}, tick ${tick}, ${toHex(frame)}`);
    if (JSON.stringify(first) !== JSON.stringify(second))
      throw new Error(`bytes outside of the frame matter: slot ${slot}, ${toHex(frame)}`);
    return first.verdict;
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
const ROUTED: IrbChanges = {
  ...SETTINGS,
  domains: {
    red: { learnRemote: true, arpSuppression: true, unknownNdOptions: "drop" },
    blue: {
      ...{ arpSuppression: true, unknownArp: "drop", knownArp: "unicast-forward" },
      gateway: { mac: GW_BLUE, addresses: [`${BLUE.ip}/24`, `${BLUE.ip6}/64`], central: true },
    },
    edge: { vni: 0, vrf: "tenant", gateway: { mac: GW_RED, addresses: ["10.4.0.1/24", "fe80::1/64"] } },
  },
  uplinks: { up0: { mtu: 700 } },
  routes: { "0.0.0.0/0": [{ vtep: "v3", routerMac: RMAC3 }], "::/1": [{ vtep: "v2", routerMac: RMAC2 }] },
};
const LABS: readonly [string, Given][] = [
  [
    "IPv4, rfc7348",
    lab({ ...SETTINGS, vtep: { ttl: "inherit", df: "inherit", udpChecksum: true, knownVtepsOnly: false } }),
  ],
  ["IPv4, linux", lab({ ...SETTINGS, vtep: { profile: "linux", tos: 0x28 } })],
  ["IPv6, rfc7348, MSS clamped", lab6({ ...SETTINGS, vtep: { ttl: "inherit", df: "inherit", mssClamp: true } })],
  ["routed, IPv4, MSS clamped", irbLab({ ...ROUTED, vtep: { mssClamp: true } })],
  ["routed, IPv6", irbLab6({ ...ROUTED, vrfs: { tenant: ASYMMETRIC } })],
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

/** A packet that comes near to making sense: for a gateway, by an L3 VNI, ARP, ND, ICMP, with a few bytes changed. */
function plausible(random: Random, peer: string): readonly [from: string, frame: Uint8Array] {
  const [from, to] = [random.pick(TALKERS), random.pick([...TALKERS, RED, BLUE, SILENT])];
  const upper = random.pick(UPPERS(from, to))(random);
  const link = [from.mac, random.pick([GW_RED, GW_BLUE, RMAC, to.mac, "ff:ff:ff:ff:ff:ff"])] as const;
  const hops = random.pick([0, 1, 2, 64, 255]);
  const ip = random.chance(2)
    ? ipv4(from.ip, to.ip, { ttl: hops, df: random.chance(2) })
    : ipv6(from.ip6, to.ip6, { hopLimit: hops });
  const frame = packet(ethernet(...link), ...(random.chance(4) ? [] : [ip]), ...upper);
  for (let change = random.below(3); change > 0; change--) frame[random.below(frame.length)] = random.below(256);
  if (random.chance(2)) return [random.pick(["h1", "h2", "h3"]), frame];
  return ["up0", arriving(frame, { vni: random.pick([100, 200, L3_VNI]), tos: random.below(4), peer })];
}

const TALKERS = [A1, A2, B1, RA, RB, X1] as const;
const PAYLOADS = [0, 1, 18, 600, 700, 1400] as const;
type Upper = (random: Random) => readonly (Layer | Uint8Array)[];
const UPPERS = (
  from: { mac: string; ip: string; ip6: string },
  to: { mac: string; ip: string; ip6: string },
): Upper[] => [
  (random) => [udp(1, 2), payload(random.pick(PAYLOADS))],
  (random) => [tcp(1, 2), payload(random.pick(PAYLOADS))],
  (random) => [icmp(random.pick([0, 3, 8, 11])), payload(random.pick(PAYLOADS))],
  (random) => [icmpv6(random.pick([1, 2, 128, 129])), payload(random.pick(PAYLOADS))],
  () => [solicitation(to.ip6, { mac: from.mac })],
  () => [advertisement(from.ip6, "O", { mac: from.mac })],
  () => [arp(from.mac, from.ip, to.ip)],
  () => [arp(from.mac, from.ip, to.ip, to.mac)],
];

describe("router under garbage", () => {
  it.each(LABS.slice(3))(
    "survives what nearly makes sense (%s)",
    (_, given) => {
      const random = new Random(13);
      const pair = new Pair(given);
      const peer = given.vteps.v2!.address;
      const verdicts = new Set<number>();
      for (let at = 0; at < 8000; at++) {
        const [from, frame] = plausible(random, peer);
        verdicts.add(pair.feed(pair.slotOf(from), frame, at >>> 2));
      }
      expect([...verdicts].sort()).toEqual([
        Verdict.DROP,
        Verdict.FORWARD,
        Verdict.REPLICATE,
        Verdict.CONSUME,
        Verdict.HOLD,
      ]);
    },
    PATIENCE_MS,
  );
});

describe("engine under truncation (S20)", () => {
  it(
    "takes every prefix of every corpus frame",
    () => {
      for (const { given, frames } of cases.filter(({ id }) => !id.includes("reserved-bit-"))) {
        const pair = new Pair({ ...given, fdbCapacity: 64 });
        for (const { from, frame } of frames.slice(0, 1)) {
          for (let length = 0; length < Math.min(frame.length, 150); length++)
            pair.feed(pair.slotOf(from), frame.slice(0, length), 0);
        }
      }
    },
    PATIENCE_MS,
  );
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
