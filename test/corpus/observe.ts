// What came of one frame, in the words of an expectation, so that any data path's outcome can be compared with it.

import { dropReasonNames, FdbFlag, FdbKind } from "../../src/abi/generated.js";
import type { DropCount } from "../../src/tables/counters.js";
import type { FdbEntry } from "../../src/tables/fdb.js";
import { NeighborFlag } from "../../src/tables/neighbor.js";
import type { Tables } from "../../src/tables/tables.js";
import { formatMac } from "../../src/wire/ethernet.js";
import {
  binding,
  type DropReason,
  type Expected,
  type FdbWord,
  type NeighborWord,
  type Output,
  place,
} from "./case.js";
import type { Names } from "./given.js";
import { ipText, toHex } from "./packet.js";

/** Bytes as text, so that a failing comparison prints rows of 16 and the odd row stands out. */
export function dump(bytes: Uint8Array): string {
  const rows = toHex(bytes).match(/.{1,32}/g) ?? [];
  return rows.map((row, at) => `${(at * 16).toString(16).padStart(4, "0")}  ${row.match(/../g)!.join(" ")}`).join("\n");
}

/** An outcome as plain strings; equal text means equal outcome. Copies of a flood have no order. */
export interface Outcome {
  readonly verdict: Expected["verdict"];
  readonly outputs: readonly string[];
  readonly reason: DropReason | undefined;
  readonly lost: readonly DropReason[];
  readonly learned: readonly string[];
  readonly limitHit: boolean;
  readonly bindings: readonly string[];
}

export const outputTexts = (outputs: readonly Output[]): string[] =>
  outputs.map(([name, bytes]) => `${name}: ${bytes.length} bytes\n${dump(bytes)}`).sort();

export function outcomeOf(expected: Expected): Outcome {
  return {
    verdict: expected.verdict,
    outputs: outputTexts(expected.outputs),
    reason: expected.reason,
    lost: [...(expected.lost ?? [])].sort(),
    learned: [...(expected.learned ?? [])].sort(),
    limitHit: expected.limitHit ?? false,
    bindings: [...(expected.bindings ?? [])].sort(),
  };
}

function atOf(names: Names, entry: FdbEntry): string {
  if (entry.kind === FdbKind.LOCAL) return names.ports[entry.target]!;
  return entry.kind === FdbKind.REMOTE ? names.vteps[entry.target]! : "held";
}

/** Every FDB entry in words, without its time stamp. */
export function places(tables: Tables, names: Names): Set<string> {
  const found = new Set<string>();
  tables.fdb.forEach((entry) => {
    const words: [number, FdbWord][] = [
      [FdbFlag.STATIC, "static"],
      [FdbFlag.STICKY, "sticky"],
      [FdbFlag.EVPN, "evpn"],
    ];
    const flags = words.filter(([bit]) => (entry.flags & bit) !== 0).map(([, word]) => word);
    found.add(place(names.domains[entry.bd]!, formatMac(entry.hi, entry.lo), atOf(names, entry), ...flags));
  });
  return found;
}

/** Every binding in words, with the place that routing gives it, without its time stamp. */
export function bindings(tables: Tables, names: Names): Set<string> {
  const words: [number, NeighborWord][] = [
    [NeighborFlag.STATIC, "static"],
    [NeighborFlag.EVPN, "evpn"],
    [NeighborFlag.ROUTER, "router"],
    [NeighborFlag.ANYCAST, "anycast"],
  ];
  const found = [...tables.neighbors.entries()].map(({ bd, address, hi, lo, flags }) => {
    const set = words.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word);
    return binding(names.domains[bd]!, ipText(address), formatMac(hi, lo), ...set);
  });
  return new Set(found);
}

/** Reasons of the drops counted since `before`, one for each frame or copy. */
export function newDrops(before: readonly DropCount[], after: readonly DropCount[]): DropReason[] {
  return after.flatMap((count) => {
    const same = before.find(
      ({ reason, slot, bd }) => reason === count.reason && slot === count.slot && bd === count.bd,
    );
    return Array<DropReason>(count.packets - (same?.packets ?? 0)).fill(dropReasonNames[count.reason]!);
  });
}
