// One MAC with all that its frames are resolved through, as a route is: MAC → VNI → VTEP → next hop → interface → MAC of
// the next router. A joint of other views, so that each fact is read in one place only.

import type { Tables } from "../../tables/tables.js";
import type { VtepNames } from "../names.js";
import { addressText } from "../text.js";
import type { FdbView, MacPathView, WayView } from "../view_types.js";
import { fdbViews } from "./fdb.js";
import { neighborViews } from "./routing.js";
import { underlayView } from "./vtep.js";

/** One for each domain that knows the MAC, which is in colon notation. */
export function macPathViews(tables: Tables, names: VtepNames, nowTick: number, mac: string): MacPathView[] {
  const known = [...fdbViews(tables, names, nowTick, { mac })];
  if (known.length === 0) return [];
  const bound = [...neighborViews(tables, names, nowTick)].filter((binding) => binding.mac === known[0]!.mac);
  const numbers = numbersByAddress(tables);
  return known.map((entry) => ({
    ...entry,
    addresses: bound.filter(({ bridgeDomain }) => bridgeDomain === entry.bridgeDomain).map(({ ip }) => ip),
    ways: vtepsOf(entry).map((address) => wayView(names, address, numbers.get(address))),
  }));
}

const vtepsOf = ({ vtep, vteps }: FdbView): readonly string[] => vteps ?? (vtep === null ? [] : [vtep]);

function wayView(names: VtepNames, address: string, vtep: number | undefined): WayView {
  if (vtep === undefined) return { vtep: address, underlay: [], underlayReason: "no such VTEP" };
  const { legs, reason } = names.underlay(vtep);
  return { vtep: address, underlay: legs.map(underlayView), underlayReason: reason ?? "" };
}

function numbersByAddress(tables: Tables): Map<string, number> {
  const numbers = new Map<string, number>();
  tables.vteps.address.forEach((address, vtep) => {
    if (address !== undefined) numbers.set(addressText(address), vtep);
  });
  return numbers;
}
