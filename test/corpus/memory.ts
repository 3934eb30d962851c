// Runner 1: the engine through the memory driver, with the clock in the test's hands.

import { dropReasonNames } from "../../src/abi/generated.js";
import { MemoryDriver, type SentFrame } from "../../src/dataplane/memory/driver.js";
import { Effect, Verdict } from "../../src/engine/decision.js";
import { Traffic, type TrafficCounters } from "../../src/tables/counters.js";
import { NOT_FOUND } from "../../src/tables/fdb.js";
import { parseMac } from "../../src/wire/ethernet.js";
import type { Case, DropReason, Output, Repair, Step, TrafficRow } from "./case.js";
import { type Built, buildTables, interfaceOf } from "./given.js";
import { bindings, newDrops, type Outcome, outputTexts, places } from "./observe.js";

const WORDS: Readonly<Record<number, Outcome["verdict"]>> = {
  [Verdict.PASS]: "passed",
  [Verdict.DROP]: "dropped",
  [Verdict.FORWARD]: "sent",
  [Verdict.REPLICATE]: "sent",
  [Verdict.CONSUME]: "consumed",
  [Verdict.HOLD]: "held",
};

export class MemoryRun {
  readonly built: Built;
  readonly driver: MemoryDriver;

  constructor(given: Case["given"]) {
    this.built = buildTables(given);
    let room = given.holdRoom ?? Number.POSITIVE_INFINITY;
    const quiet = { onRefusal: () => {}, onDiscovery: () => {}, onBinding: () => {} };
    this.driver = new MemoryDriver(this.built.tables, { ...quiet, onHold: () => --room >= 0 });
  }

  step(step: Step): Outcome {
    const { tables, names } = this.built;
    const dropsBefore = tables.counters.drops();
    const placesBefore = places(tables, names);
    const bindingsBefore = bindings(tables, names);
    this.driver.sent.length = 0;
    const slot = names.slots.indexOf(step.from);
    const decision = this.driver.receive(slot, step.frame, step.at ?? 0);
    const dropped = decision.verdict === Verdict.DROP;
    const drops = newDrops(dropsBefore, tables.counters.drops());
    const reason = dropped ? dropReasonNames[decision.reason] : undefined;
    return {
      verdict: WORDS[decision.verdict]!,
      outputs: outputTexts(this.outputs()),
      reason,
      lost: lostCopies(drops, reason).sort(),
      learned: [...places(tables, names)].filter((now) => !placesBefore.has(now)).sort(),
      limitHit: (decision.effects & Effect.LIMIT_HIT) !== 0,
      bindings: [...bindings(tables, names)].filter((now) => !bindingsBefore.has(now)).sort(),
    };
  }

  /** What the last frame became, with the interface that each copy left through. */
  outputs(): Output[] {
    return this.driver.sent.map((frame) => [this.interfaceName(frame), frame.bytes] as const);
  }

  /** "" is the domain that does not exist: what is counted there went astray. */
  traffic(name: string): TrafficRow {
    const { names, tables } = this.built;
    const { counters } = tables;
    if (name !== "" && names.ports.includes(name)) return rowOf(counters.ports, names.ports.indexOf(name));
    if (name !== "" && names.vteps.includes(name)) return rowOf(counters.vteps, names.vteps.indexOf(name));
    return rowOf(counters.bridgeDomains, names.domains.indexOf(name));
  }

  /** What the Ethertype fixer did at an interface. */
  repairs(name: string): Repair {
    const slot = this.built.names.slots.indexOf(name);
    const { passed, fixed4, fixed6, suspicious } = this.built.tables.counters.fixesAt(slot);
    return [passed, fixed4, fixed6, suspicious];
  }

  /** Tick at which the FDB saw a MAC last; undefined if it is not there. */
  seen(domain: string, mac: string): number | undefined {
    const { names, tables } = this.built;
    const { hi, lo } = parseMac(mac)!;
    const slot = tables.fdb.find(names.domains.indexOf(domain), hi, lo);
    return slot === NOT_FOUND ? undefined : tables.fdb.seenAt(slot);
  }

  private interfaceName({ to, target }: SentFrame): string {
    const { names } = this.built;
    if (to === "kernel") return "kernel";
    return to === "port" ? interfaceOf(names.ports[target]!) : names.slots[target]!;
  }
}

/** A dropped frame is counted once, under its own reason; what is counted beside that are lost copies. */
function lostCopies(drops: DropReason[], reason: DropReason | undefined): DropReason[] {
  if (reason === undefined) return drops;
  const own = drops.indexOf(reason);
  if (own < 0) throw new Error(`the frame was dropped as ${reason} but not counted`);
  return drops.filter((_, at) => at !== own);
}

function rowOf(counters: TrafficCounters, index: number): TrafficRow {
  const [rxPackets, rxBytes, txPackets, txBytes] = counters.values.subarray(
    index * Traffic.FIELDS,
    (index + 1) * Traffic.FIELDS,
  );
  return [rxPackets!, rxBytes!, txPackets!, txBytes!];
}
