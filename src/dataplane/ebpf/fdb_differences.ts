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

/** Changes that still wait to be written are differences too. Neither side may change meanwhile. */
export function* fdbDifferences(map: BpfMap, { fdb }: Tables): Generator<FdbDifference> {
  const { keys, values, count } = map.dump();
  const [keyView, valueView] = [viewOf(keys), viewOf(values)];
  let common = 0;
  for (let index = 0; index < count; index++) {
    const [key, value] = [index * FdbKeyLayout.sizeBytes, index * FdbValueLayout.sizeBytes];
    const bd = keyView.getUint16(key + FdbKeyLayout.bd, LITTLE);
    const { hi, lo } = readMac(keys, key + FdbKeyLayout.mac);
    const entry = fdb.find(bd, hi, lo);
    if (entry !== NOT_FOUND) common += 1;
    const target = valueView.getUint16(value + FdbValueLayout.target, LITTLE);
    const kind = valueView.getUint8(value + FdbValueLayout.kind);
    const isSame =
      entry !== NOT_FOUND &&
      fdb.targetAt(entry) === target &&
      fdb.kindAt(entry) === kind &&
      fdb.flagsAt(entry) === valueView.getUint8(value + FdbValueLayout.flags);
    if (!isSame) yield { bd, hi, lo, dataPath: `${kindNames[kind] ?? `kind ${kind}`} ${target}` };
  }
  if (common < fdb.count) yield* missing(map, fdb);
}

function missing(map: BpfMap, fdb: Tables["fdb"]): FdbDifference[] {
  const found: FdbDifference[] = [];
  const key = new Uint8Array(FdbKeyLayout.sizeBytes);
  const value = new Uint8Array(FdbValueLayout.sizeBytes);
  const view = viewOf(key);
  fdb.forEach(({ bd, hi, lo }) => {
    writeFdbKey(view, 0, (bd << 16) | hi, lo);
    if (map.lookup(key, value) === undefined) found.push({ bd, hi, lo, dataPath: null });
  });
  return found;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
