// The fourth opinion: what the data path carries frames by, where that is a copy of the tables.

import { FdbKind } from "../../../abi/generated.js";
import { NOT_FOUND } from "../../../tables/fdb.js";
import { formatMac } from "../../../wire/ethernet.js";
import type { DataPathFace, HeldParts } from "./faces.js";
import type { Difference } from "./rows.js";
import { Slices } from "./slices.js";

export interface DataPathSources {
  readonly held: HeldParts;
  readonly dataPath: DataPathFace;
}

export async function dataPathDifferences({ held, dataPath }: DataPathSources): Promise<Difference[]> {
  const found: Difference[] = [];
  const slices = new Slices();
  for (const difference of dataPath.fdbDifferences?.() ?? []) {
    if (slices.isOver()) await slices.turn();
    if (difference === undefined) continue;
    const { bd, hi, lo, dataPath: copied } = difference;
    const sides = { frr: null, kernel: null, vtepd: placeOf(held, bd, hi, lo), dataPath: copied };
    const row = {
      what: "mac",
      bridgeDomain: held.domainName(bd),
      vrf: null,
      key: formatMac(hi, lo),
      ...sides,
      action: "write_to_data_path",
    } as const;
    found.push({ row, repair: async () => writeAgain(held, bd, hi, lo) });
  }
  return found;
}

function writeAgain({ tables, changed }: HeldParts, bd: number, hi: number, lo: number): void {
  tables.deltas.fdb.push((bd << 16) | hi, lo);
  changed();
}

function placeOf({ tables, vtepAddressOf }: HeldParts, bd: number, hi: number, lo: number): string | null {
  const slot = tables.fdb.find(bd, hi, lo);
  if (slot === NOT_FOUND) return null;
  return tables.fdb.kindAt(slot) === FdbKind.REMOTE ? vtepAddressOf(tables.fdb.targetAt(slot)) : "local";
}
