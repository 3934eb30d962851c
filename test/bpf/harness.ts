// Runs single frames through the eBPF programs by BPF_PROG_TEST_RUN, over any tables that the engine takes.
// What comes out is told in the engine's words, so that one expectation serves both.
//
// A test run has no interfaces but the loopback, and shows no redirect. So frames always enter at the
// loopback, which is given the identity of the slot under test, and the programs are those of objects.ts.

import { type Drop, InterfaceFlag, Punt, PuntBucketLayout } from "../../src/abi/generated.js";
import type { DriverCounters } from "../../src/dataplane/driver.js";
import { TableWriter } from "../../src/dataplane/ebpf/apply.js";
import { readCounters } from "../../src/dataplane/ebpf/counters.js";
import { type ProgramHook, type ProgramKind, Programs, type Role } from "../../src/dataplane/ebpf/load.js";
import { encodeIndex, encodePuntRate, MapName, writeFdbKey } from "../../src/dataplane/ebpf/maps.js";
import { writePuntRates } from "../../src/dataplane/ebpf/punt_rates.js";
import { loadFront } from "../../src/fixer/front.js";
import type { Fixer } from "../../src/fixer/program.js";
import type { BpfProgram } from "../../src/native/index.js";
import type { FixCount } from "../../src/tables/counters.js";
import type { Tables } from "../../src/tables/tables.js";
import { emptyMap, extentOf } from "./empty_map.js";
import { enterAtLoopback } from "./loopback.js";
import { testObjects } from "./objects.js";
import { closeRecords, type SentCopy, sentCopies } from "./record.js";

export const root = process.getuid?.() === 0;
export const NEEDS_ROOT = "needs root: BPF";
export const HOOKS: readonly ProgramHook[] = ["xdp", "tc"];

/** An interface that no test has: what goes there was punted. */
const PUNT_IFINDEX = 0x7fff0000;
/** Return values of the hooks. */
const XDP = { DROP: 1, PASS: 2, REDIRECT: 4 } as const;
const TC = { UNSPEC: 0xffffffff, SHOT: 2, REDIRECT: 7 } as const;
const SMALL_FDB = 8192;
/** About a page. */
const LARGEST_FRAME = 3300;
const TC_LEAST_BYTES: ReadonlyMap<number, number> = new Map([
  [0x0800, 34],
  [0x86dd, 54],
]);
const COUNTED = [
  MapName.PORT_COUNTERS,
  MapName.VTEP_COUNTERS,
  MapName.BD_COUNTERS,
  MapName.DROPS,
  MapName.PUNTS,
  MapName.BUCKET,
] as const;

/** What was remembered holds until the generation changes, which is for the writer to do. */
const KEPT: ReadonlySet<MapName> = new Set([MapName.DEVMAP, MapName.GENERATION, MapName.RECENT, MapName.RECENT_HOSTS]);

export interface BpfOutcome {
  readonly verdict: "sent" | "dropped" | "passed" | "punted";
  /** Where the frame went, when sent. */
  readonly ifindex: number;
  /** The frame as it left, tag included; when punted, as the engine gets it; when passed, as the kernel keeps it. */
  readonly bytes: Uint8Array;
  /** All that was sent: of a flood each copy, and the last one is `bytes`. */
  readonly copies: readonly SentCopy[];
  /** When dropped. */
  readonly reason: (typeof Drop)[keyof typeof Drop] | undefined;
  /** When punted: enum vtep_punt, and the slot that the engine is told. */
  readonly puntClass: number;
  readonly puntSlot: number;
  /** What this frame alone counted. */
  readonly counters: DriverCounters;
  readonly hook: ProgramHook;
  /** When sent: to the other end of the interface, past its queue. */
  readonly toPeer: boolean;
}

export interface RunOptions {
  /** Default: XDP. */
  readonly hook?: ProgramHook;
  /** Whether XDP may send out of a slot; default: every slot. */
  readonly takesXdp?: (slot: number) => boolean;
  /** Slots whose frames all go to the engine; default: none. */
  readonly isEngineCarried?: (slot: number) => boolean;
  /** Default true. Without: punts are dropped. */
  readonly punts?: boolean;
  /**
   * Every bucket holds so many and gets no more, for all runs of the same tables, slot and options; default: full ones
   * at the product's rates for each frame.
   */
  readonly puntTokens?: number;
  /** Payload of a super-packet's segments (tc). The kernel gives a test no kind of super-packet, so it cannot be encapsulated. */
  readonly gsoBytes?: number;
  /** XDP by the program that takes frames in several buffers. */
  readonly takesPieces?: boolean;
  /** The Ethertype fixer of the interface has already seen the frame. */
  readonly repaired?: boolean;
}

/** Whether the kernel takes this frame for a test run: for tc it wants a whole IP header where the type says so. */
export function fitsTestRun(frame: Uint8Array, hook: ProgramHook): boolean {
  const type = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  const least = hook === "xdp" ? 14 : (TC_LEAST_BYTES.get(type) ?? 15);
  return frame.length >= least && frame.length <= LARGEST_FRAME;
}

let harness: Harness | undefined;

/** One frame from interface `slot` of `tables`, which stay as they are. Counters begin at zero for each frame. */
export function runThroughBpf(tables: Tables, slot: number, frame: Uint8Array, options: RunOptions = {}): BpfOutcome {
  harness ??= new Harness();
  return harness.run(tables, slot, frame, options);
}

/** Tick of an FDB entry as the last run left it; undefined if there is none. */
export function seenByBpf(bd: number, hi: number, lo: number): number | undefined {
  return harness?.seen(bd, hi, lo);
}

/** Frees what the runs held. Another run may follow. */
export function closeBpf(): void {
  harness?.close();
  harness = undefined;
}

interface Run {
  readonly role: Role;
  readonly hook: ProgramHook;
  readonly kind: ProgramKind;
}

class Harness {
  private readonly programs = Programs.load(testObjects(), { [MapName.FDB]: SMALL_FDB });
  /** No index at or above was used by the run before. */
  private extent = 0;
  private written: Tables | undefined;
  private given = "";

  run(tables: Tables, slot: number, frame: Uint8Array, options: RunOptions): BpfOutcome {
    const hook = options.hook ?? "xdp";
    this.prepare(tables, slot, options);
    const role: Role = tables.interfaces.isUplink(slot) ? "uplink" : "access";
    const kind: ProgramKind = hook === "xdp" && options.takesPieces === true ? "sg" : hook;
    const behind = this.programs.program(role, kind);
    const fixer = options.repaired ? undefined : fixerFor(tables, slot, hook, behind);
    const program = fixer?.program ?? behind;
    const { retval, data } = program.testRun({ data: frame, ...contextOf(hook, options) });
    const fixes = fixer === undefined ? [] : [{ slot, ...fixer.readCounts() }];
    fixer?.close();
    return this.outcome(tables, { role, hook, kind }, retval >>> 0, data, fixes);
  }

  seen(bd: number, hi: number, lo: number): number | undefined {
    const key = new Uint8Array(8);
    writeFdbKey(new DataView(key.buffer), 0, (bd << 16) | hi, lo);
    const value = this.programs.map(MapName.FDB).lookup(key);
    return value && new DataView(value.buffer, value.byteOffset).getUint32(0, true);
  }

  close(): void {
    closeRecords();
    this.programs.close();
  }

  /** Tables that did not change since the last run are not written again: only what that run counted goes. */
  private prepare(tables: Tables, slot: number, options: RunOptions): void {
    const { punts, puntTokens, takesXdp, isEngineCarried } = options;
    const given = JSON.stringify([slot, punts, puntTokens, String(takesXdp), String(isEngineCarried)]);
    const same = this.written === tables && this.given === given && tables.deltas.empty;
    for (const name of same ? COUNTED : Object.values(MapName)) {
      const spent = same && name === MapName.BUCKET && puntTokens !== undefined;
      if (!KEPT.has(name) && !spent) emptyMap(this.programs.map(name), this.extent);
    }
    if (!same) this.write(tables, slot, options);
    this.written = tables;
    this.given = given;
  }

  private write(tables: Tables, slot: number, options: RunOptions): void {
    this.extent = extentOf(tables);
    const { takesXdp = () => true, isEngineCarried = () => false, punts = true } = options;
    const writer = new TableWriter(this.programs, tables, { takesXdp, isEngineCarried });
    writer.puntIfindex = punts ? PUNT_IFINDEX : 0;
    const problems = writer.writeAll();
    if (problems.length > 0) throw new Error(`tables cannot be written: ${JSON.stringify(problems)}`);
    this.fillBuckets(slot, options.puntTokens);
    const asked = (tables.interfaces.flags[slot]! & InterfaceFlag.ENGINE) !== 0;
    enterAtLoopback(this.programs, tables, slot, asked || isEngineCarried(slot));
  }

  private fillBuckets(slot: number, tokens?: number): void {
    const rates = this.programs.map(MapName.PUNT_RATE);
    if (tokens === undefined) {
      writePuntRates(rates);
      return;
    }
    const bucket = new Uint8Array(PuntBucketLayout.sizeBytes);
    new DataView(bucket.buffer).setUint32(PuntBucketLayout.tokens, tokens, true);
    for (let punt = 0; punt < Punt.CLASSES; punt++) {
      rates.update(encodeIndex(punt), encodePuntRate(0, tokens));
      this.programs.map(MapName.BUCKET).update(encodeIndex(slot * Punt.CLASSES + punt), bucket);
    }
  }

  private outcome(
    tables: Tables,
    { role, hook, kind }: Run,
    retval: number,
    data: Uint8Array,
    fixes: readonly FixCount[],
  ): BpfOutcome {
    const counters = { ...readCounters(this.programs, tables), fixes };
    const none = {
      ifindex: 0,
      bytes: data,
      copies: [],
      reason: undefined,
      puntClass: -1,
      puntSlot: 0,
      counters,
      hook,
      toPeer: false,
    };
    if (retval === (hook === "xdp" ? XDP.PASS : TC.UNSPEC)) return { ...none, verdict: "passed" };
    if (retval === (hook === "xdp" ? XDP.DROP : TC.SHOT))
      return { ...none, verdict: "dropped", reason: reasonOf(counters) };
    if (retval !== (hook === "xdp" ? XDP.REDIRECT : TC.REDIRECT)) throw new Error(`${hook} returned ${retval}`);
    return { ...none, ...this.redirected(role, kind, data) };
  }

  private redirected(
    role: Role,
    kind: ProgramKind,
    data: Uint8Array,
  ): Pick<BpfOutcome, "verdict" | "ifindex" | "bytes" | "copies" | "toPeer"> {
    const copies = sentCopies(this.programs.object(role, kind), data);
    const last = copies.at(-1)!;
    return last.ifindex === PUNT_IFINDEX ? punted(last.bytes) : { verdict: "sent", copies, ...last };
  }
}

/** A new one for each frame, so that it begins at zero. */
function fixerFor({ interfaces }: Tables, slot: number, hook: ProgramHook, behind: BpfProgram): Fixer | undefined {
  const repair = interfaces.repairAt(slot);
  return repair && loadFront({ hook, ...repair }, behind);
}

function contextOf(hook: ProgramHook, { gsoBytes = 0 }: RunOptions): { ctx?: Uint8Array } {
  if (gsoBytes === 0) return {};
  if (hook === "xdp") throw new Error("XDP knows no super-packets");
  const ctx = new Uint8Array(192);
  new DataView(ctx.buffer).setUint32(SK_BUFF_GSO_SIZE, gsoBytes, true);
  return { ctx };
}

/** Offset of gso_size in struct __sk_buff. */
const SK_BUFF_GSO_SIZE = 176;

type Punted = Pick<BpfOutcome, "verdict" | "ifindex" | "bytes" | "copies" | "toPeer" | "puntClass" | "puntSlot">;

function punted(bytes: Uint8Array): Punted {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint16(12) !== 0x88a8) throw new Error("a punted frame without its tag");
  const tci = view.getUint16(14);
  const frame = new Uint8Array(bytes.length - 4);
  frame.set(bytes.subarray(0, 12));
  frame.set(bytes.subarray(16), 12);
  const toEngine = { verdict: "punted", ifindex: 0, copies: [], toPeer: false } as const;
  return { ...toEngine, bytes: frame, puntClass: tci >>> 12, puntSlot: tci & 0xfff };
}

function reasonOf({ drops }: Pick<DriverCounters, "drops">): BpfOutcome["reason"] {
  if (drops.length !== 1) throw new Error(`one frame, but drops for ${drops.length} reasons`);
  return drops[0]!.reason as BpfOutcome["reason"];
}
