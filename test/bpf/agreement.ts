// The one claim that the eBPF programs make, as a function: whatever they do with a frame but punt it, the
// engine would have done exactly that. Runs a frame through both and says in words where they differ.

import { dropReasonNames } from "../../src/abi/generated.js";
import type { DriverCounters } from "../../src/dataplane/driver.js";
import { MemoryDriver, type SentFrame } from "../../src/dataplane/memory/driver.js";
import { type Decision, Verdict } from "../../src/engine/decision.js";
import { type FixCount, Traffic } from "../../src/tables/counters.js";
import type { Tables } from "../../src/tables/tables.js";
import { fixEthertype } from "../../src/wire/ethertype_fix.js";
import { type BpfOutcome, fitsTestRun, type RunOptions, runThroughBpf, type SentCopy } from "./harness.js";

const TABLES = ["ports", "vteps", "bridgeDomains"] as const;

export interface Comparison {
  readonly bpf: BpfOutcome;
  /** Empty where both agree, or eBPF left the frame to the engine. */
  readonly difference: string;
}

/** The engine's run is real: it learns and counts in `tables`. */
export function compare(
  tables: Tables,
  slot: number,
  frame: Uint8Array,
  tick: number,
  options: RunOptions = {},
): Comparison {
  const bpf = runThroughHooks(tables, slot, frame, options);
  const remembered = repeatDifference(bpf, runThroughHooks(tables, slot, frame, options));
  const repaired = repairedCopy(tables, slot, frame);
  const before = snapshot(tables);
  const driver = driverOf(tables);
  driver.sent.length = 0;
  const decision = driver.receive(slot, frame, tick);
  const fixes = remembered || fixDifference(bpf.counters, before, snapshot(tables));
  if (bpf.verdict === "punted") return { bpf, difference: fixes || puntDifference(bpf, slot, repaired) };
  const kept = bpf.verdict === "passed" ? byteDifference(bpf.bytes, repaired) : "";
  if (isLeftToTc(bpf, decision)) return { bpf, difference: fixes || kept };
  const difference =
    fixes ||
    kept ||
    verdictDifference(tables, bpf, decision, driver.sent) ||
    counterDifference(bpf.counters, before, snapshot(tables));
  return { bpf, difference };
}

/** What XDP passes, the tc program behind it gets. */
function runThroughHooks(tables: Tables, slot: number, frame: Uint8Array, options: RunOptions): BpfOutcome {
  const first = runThroughBpf(tables, slot, frame, options);
  if (first.hook === "tc" || first.verdict !== "passed" || !fitsTestRun(first.bytes, "tc")) return first;
  const then = runThroughBpf(tables, slot, first.bytes, { ...options, hook: "tc", repaired: true });
  if (isCounted(first.counters)) throw new Error("XDP counted a frame, and passed it on");
  return { ...then, counters: { ...then.counters, fixes: first.counters.fixes } };
}

/** A flood that XDP passes on, and that is no frame for a test run of tc. */
function isLeftToTc({ verdict, hook, bytes }: BpfOutcome, decision: Decision): boolean {
  return verdict === "passed" && hook === "xdp" && !fitsTestRun(bytes, "tc") && decision.verdict !== Verdict.PASS;
}

/** The second time, programs may go by what they remember of the first. */
function repeatDifference(first: BpfOutcome, second: BpfOutcome): string {
  const same = TABLES.every((table) =>
    first.counters[table].every((count, at) => count === second.counters[table][at]),
  );
  if (!same) return "counted otherwise when it came again";
  if (toText(first) === toText(second)) return "";
  return `the first time ${toText(first)}, then ${toText(second)}`;
}

function toText({ verdict, bytes, copies, reason, puntClass, puntSlot, counters }: BpfOutcome): string {
  const outcome = [verdict, reason, puntClass, puntSlot, counters.drops, counters.punts, counters.fixes];
  const sent = copies.map((copy) => `${copy.ifindex} ${hex(withoutId(copy.bytes))}`);
  return `${JSON.stringify(outcome)} ${verdict === "sent" ? sent.join(" ") : hex(bytes)}`;
}

const drivers = new WeakMap<Tables, MemoryDriver>();

function driverOf(tables: Tables): MemoryDriver {
  const driver = drivers.get(tables) ?? new MemoryDriver(tables);
  drivers.set(tables, driver);
  return driver;
}

/** As it goes on from the interface. */
function repairedCopy({ interfaces }: Tables, slot: number, frame: Uint8Array): Uint8Array {
  const bytes = frame.slice();
  const repair = interfaces.repairAt(slot);
  if (repair !== undefined) fixEthertype(bytes, 0, bytes.length, repair.ipv6);
  return bytes;
}

function fixDifference(bpf: DriverCounters, before: Snapshot, after: Snapshot): string {
  const ours = bpf.fixes.map(({ slot, ...counts }) => `${slot} ${JSON.stringify(counts)}`);
  const theirs = after.fixes.flatMap(({ slot, passed, fixed4, fixed6, suspicious }, at) => {
    const old = before.fixes[at]!;
    const counts = { passed: passed - old.passed, fixed4: fixed4 - old.fixed4, fixed6: fixed6 - old.fixed6 };
    const all = { ...counts, suspicious: suspicious - old.suspicious };
    return Object.values(all).some((count) => count !== 0) ? [`${slot} ${JSON.stringify(all)}`] : [];
  });
  return ours.join() === theirs.join() ? "" : `repairs: bpf ${ours.join()}, engine ${theirs.join()}`;
}

/** A punted frame reaches the engine as it came in, but for its Ethertype, and counts for nothing yet. */
function puntDifference({ bytes, puntSlot, counters }: BpfOutcome, slot: number, frame: Uint8Array): string {
  const changed = byteDifference(bytes, frame);
  if (changed !== "") return `punted with other bytes: ${changed}`;
  if (puntSlot !== slot) return `punted as slot ${puntSlot}`;
  return isCounted(counters) ? "punted, and counted too" : "";
}

function isCounted(counters: DriverCounters): boolean {
  return counters.drops.length > 0 || TABLES.some((table) => counters[table].some((count) => count !== 0));
}

function verdictDifference(tables: Tables, bpf: BpfOutcome, decision: Decision, sent: readonly SentFrame[]): string {
  if (bpf.verdict === "passed")
    return decision.verdict === Verdict.PASS ? "" : `passed, but engine: ${wordsOf(decision)}`;
  if (bpf.verdict === "dropped") {
    const same = decision.verdict === Verdict.DROP && decision.reason === bpf.reason;
    return same ? "" : `dropped as ${dropReasonNames[bpf.reason!]}, but engine: ${wordsOf(decision)}`;
  }
  if (decision.verdict === Verdict.REPLICATE) return replicaDifference(tables, bpf.copies, sent);
  if (decision.verdict !== Verdict.FORWARD || sent.length !== 1 || bpf.copies.length !== 1)
    return `sent ${bpf.copies.length}, but engine: ${wordsOf(decision)}`;
  return sentDifference(tables, bpf, sent[0]!);
}

function sentDifference(tables: Tables, bpf: SentCopy, frame: SentFrame): string {
  const ifindex = ifindexOf(tables, frame);
  if (ifindex !== bpf.ifindex) return `sent to ${bpf.ifindex}, but engine: ${frame.to} ${frame.target}`;
  return byteDifference(comparable(frame, bpf.bytes), comparable(frame, frame.bytes));
}

/** Copies of a flood have no order. */
function replicaDifference(tables: Tables, copies: readonly SentCopy[], sent: readonly SentFrame[]): string {
  const left = [...copies];
  for (const frame of sent) {
    const same = left.findIndex((copy) => sentDifference(tables, copy, frame) === "");
    if (same < 0) return `no copy for ${frame.to} ${frame.target}: ${hex(comparable(frame, frame.bytes))}`;
    left.splice(same, 1);
  }
  return left.map(({ ifindex, bytes }) => `a copy too many, to ${ifindex}: ${hex(bytes)}`).join("\n");
}

function ifindexOf({ interfaces, ports, adjacencies }: Tables, { to, target }: SentFrame): number {
  if (to === "kernel") return 0;
  return (to === "port" ? interfaces.ifindex[ports.slot[target]!] : adjacencies.ifindex[target])!;
}

function comparable({ to }: SentFrame, bytes: Uint8Array): Uint8Array {
  return to === "port" ? bytes : withoutId(bytes);
}

function byteDifference(ours: Uint8Array, theirs: Uint8Array): string {
  if (ours.length !== theirs.length) return `${ours.length} bytes, but engine: ${theirs.length}`;
  const at = ours.findIndex((byte, index) => byte !== theirs[index]);
  if (at < 0) return "";
  const from = Math.max(0, at - 8);
  return `byte ${at}: ${hex(ours.subarray(from, at + 8))}, but engine: ${hex(theirs.subarray(from, at + 8))}`;
}

/** Each side numbers its own packets, where IPv4 asks for a number: it and the checksum are told apart here. */
function withoutId(packet: Uint8Array): Uint8Array {
  const bytes = packet.slice();
  const view = new DataView(bytes.buffer);
  if (bytes.length <= 26 || view.getUint16(12) !== 0x0800) return bytes;
  let sum = (~view.getUint16(24) & 0xffff) + (~view.getUint16(18) & 0xffff);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(18, 0);
  view.setUint16(24, ~sum & 0xffff);
  return bytes;
}

interface Snapshot {
  readonly ports: Float64Array;
  readonly vteps: Float64Array;
  readonly bridgeDomains: Float64Array;
  readonly drops: ReadonlyMap<string, number>;
  readonly fixes: readonly FixCount[];
}

function snapshot({ counters, interfaces }: Tables): Snapshot {
  const drops = new Map(counters.drops().map(({ reason, slot, bd, packets }) => [`${reason} ${slot} ${bd}`, packets]));
  const { ports, vteps, bridgeDomains } = counters;
  return {
    ports: ports.values.slice(),
    vteps: vteps.values.slice(),
    bridgeDomains: bridgeDomains.values.slice(),
    drops,
    fixes: Array.from(interfaces.repairedSlots(), (slot) => counters.fixesAt(slot)),
  };
}

function counterDifference(bpf: DriverCounters, before: Snapshot, after: Snapshot): string {
  for (const table of TABLES) {
    const at = firstDifference(before[table], after[table], bpf[table]);
    if (at < 0) continue;
    const engine = after[table][at]! - before[table][at]!;
    const [index, field] = [Math.floor(at / Traffic.FIELDS), at % Traffic.FIELDS];
    return `${table} ${index} field ${field}: bpf ${bpf[table][at]}, engine ${engine}`;
  }
  const ours = bpf.drops.map(({ reason, slot, bd, packets }) => `${reason} ${slot} ${bd}: ${packets}`).sort();
  const theirs = [...after.drops]
    .map(([key, packets]) => [key, packets - (before.drops.get(key) ?? 0)] as const)
    .filter(([, packets]) => packets !== 0)
    .map(([key, packets]) => `${key}: ${packets}`)
    .sort();
  return ours.join() === theirs.join() ? "" : `drops: bpf ${ours.join()}, engine ${theirs.join()}`;
}

/** A plain loop: it is run over tens of thousands of counters for every frame. */
function firstDifference(before: Float64Array, after: Float64Array, bpf: Float64Array): number {
  for (let at = 0; at < after.length; at++) {
    if (after[at]! - before[at]! !== bpf[at]!) return at;
  }
  return -1;
}

function wordsOf({ verdict, reason, egressCount }: Decision): string {
  if (verdict === Verdict.DROP) return `dropped as ${dropReasonNames[reason]}`;
  return verdict === Verdict.PASS ? "passed" : `${egressCount} copies`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
