// Drop counters as views: the number in the tables becomes the name that captures and metrics carry too.

import { dropReasonNames } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import type { VtepNames } from "../names.js";
import { type DataPathCounters, dropsOf } from "../traffic.js";
import type { DropView } from "../view_types.js";

/** Most packets first. */
export function dropViews(tables: Tables, names: VtepNames, counters: DataPathCounters): DropView[] {
  return dropsOf(tables, counters)
    .filter(({ packets }) => packets > 0)
    .sort((a, b) => b.packets - a.packets || a.reason - b.reason || a.slot - b.slot || a.bd - b.bd)
    .map(({ reason, slot, bd, packets }) => ({
      reason: dropReasonName(reason),
      interface: names.interface(slot) || null,
      bridgeDomain: names.bridgeDomain(bd) || null,
      packets,
    }));
}

export function dropReasonName(reason: number): string {
  // A pinned counter of a newer release may know more reasons than we do.
  return dropReasonNames[reason] ?? `reason_${reason}`;
}
