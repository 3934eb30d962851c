// The FDB map against the table: what the kernel carries frames by and what it should. Time stamps differ by design.

import { FdbKeyLayout, FdbKind, FdbValueLayout } from "../../abi/generated.js";
import type { BpfMap } from "../../native/index.js";
import { NOT_FOUND } from "../../tables/fdb.js";
import type { Tables } from "../../tables/tables.js";
import { readMac } from "../../wire/ethernet.js";
import type { FdbDifference } from "../driver.js";
import { writeFdbKey } from "./maps.js";

const LITTLE = true;

const kindNames: Readonly<Record<number, string>> = {
  [FdbKind.LOCAL]: "port",
  [FdbKind.REMOTE]: "VTEP",
  [FdbKind.HELD]: "held",
  [FdbKind.SEGMENT]: "segment",
};

/** Places of the table that are looked at before the caller is asked whether it has time for more. */
const PLACES_AT_ONCE = 128;

/**
 * Changes that still wait to be written are differences too. Both sides may change between two steps; so what differs
 * from what was read is read from the map once more.
 */
export function* fdbDifferences(map: BpfMap, { fdb }: Tables): Generator<FdbDifference | undefined> {
  let common = 0;
  for (let position: Uint8Array | undefined; ; ) {
    const part = map.dumpPart(position);
    const keys = viewOf(part.keys);
    const values = viewOf(part.values);
    for (let index = 0; index < part.count; index++) {
      const key = index * FdbKeyLayout.sizeBytes;
      const bd = keys.getUint16(key + FdbKeyLayout.bd, LITTLE);
      const { hi, lo } = readMac(part.keys, key + FdbKeyLayout.mac);
      if (fdb.find(bd, hi, lo) !== NOT_FOUND) common += 1;
      const isSame = agrees(fdb, bd, hi, lo, values, index * FdbValueLayout.sizeBytes);
      yield isSame ? undefined : differenceNow(map, fdb, bd, hi, lo);
    }
    position = part.next;
    if (position === undefined) break;
  }
  if (common < fdb.count) yield* missing(map, fdb);
}

/** The map's value, at `at` of `value`, says what the table says of the key. */
function agrees(fdb: Tables["fdb"], bd: number, hi: number, lo: number, value: DataView, at: number): boolean {
  const entry = fdb.find(bd, hi, lo);
  return (
    entry !== NOT_FOUND &&
    fdb.targetAt(entry) === value.getUint16(at + FdbValueLayout.target, LITTLE) &&
    fdb.kindAt(entry) === value.getUint8(at + FdbValueLayout.kind) &&
    fdb.flagsAt(entry) === value.getUint8(at + FdbValueLayout.flags)
  );
}

/** What the map has no more is no difference, or is missing. */
function differenceNow(map: BpfMap, fdb: Tables["fdb"], bd: number, hi: number, lo: number): FdbDifference | undefined {
  const bytes = map.lookup(keyOf(bd, hi, lo));
  if (bytes === undefined) return undefined;
  const value = viewOf(bytes);
  if (agrees(fdb, bd, hi, lo, value, 0)) return undefined;
  const kind = value.getUint8(FdbValueLayout.kind);
  const target = value.getUint16(FdbValueLayout.target, LITTLE);
  return { bd, hi, lo, dataPath: `${kindNames[kind] ?? `kind ${kind}`} ${target}` };
}

function* missing(map: BpfMap, fdb: Tables["fdb"]): Generator<FdbDifference | undefined> {
  const value = new Uint8Array(FdbValueLayout.sizeBytes);
  for (let position = 0; ; ) {
    const found: FdbDifference[] = [];
    position = fdb.scan(position, PLACES_AT_ONCE, (slot) => {
      const { bd, hi, lo } = fdb.entryAt(slot);
      if (map.lookup(keyOf(bd, hi, lo), value) === undefined) found.push({ bd, hi, lo, dataPath: null });
    });
    yield* found;
    if (position === 0) return;
    yield undefined;
  }
}

function keyOf(bd: number, hi: number, lo: number): Uint8Array {
  const key = new Uint8Array(FdbKeyLayout.sizeBytes);
  writeFdbKey(viewOf(key), 0, (bd << 16) | hi, lo);
  return key;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
