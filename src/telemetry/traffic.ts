// The two places that count, read as one: the tables (frames that the engine handled) and the data path
// (frames that it carried by itself).

import { Limit, TrafficLayout } from "../abi/generated.js";
import type { DropCount } from "../tables/counters.js";
import type { Tables } from "../tables/tables.js";
import type { TrafficView } from "./view_types.js";

/** What a data path counted: `DriverCounters` of any driver fits. Arrays are laid out as TrafficCounters.values. */
export interface DataPathCounters {
  readonly ports: Float64Array;
  readonly vteps: Float64Array;
  readonly bridgeDomains: Float64Array;
  readonly drops: readonly DropCount[];
}

const BYTES_PER_FIELD = 8;
const FIELDS = TrafficLayout.sizeBytes / BYTES_PER_FIELD;

export type TrafficKind = "ports" | "vteps" | "bridgeDomains";

export function trafficOf(tables: Tables, dataPath: DataPathCounters, kind: TrafficKind, index: number): TrafficView {
  const engine = tables.counters[kind].values;
  const driver = dataPath[kind];
  const sum = (layoutOffset: number): number => {
    const at = index * FIELDS + layoutOffset / BYTES_PER_FIELD;
    return (engine[at] ?? 0) + (driver[at] ?? 0);
  };
  return {
    rxPackets: sum(TrafficLayout.rxPackets),
    rxBytes: sum(TrafficLayout.rxBytes),
    txPackets: sum(TrafficLayout.txPackets),
    txBytes: sum(TrafficLayout.txBytes),
  };
}

/** One count for each reason, interface and domain. */
export function dropsOf(tables: Tables, dataPath: DataPathCounters): DropCount[] {
  const sums = new Map<number, DropCount>();
  for (const drop of [...tables.counters.drops(), ...dataPath.drops]) {
    const key = (drop.reason * Limit.MAX_INTERFACES + drop.slot) * Limit.MAX_BDS + drop.bd;
    sums.set(key, { ...drop, packets: drop.packets + (sums.get(key)?.packets ?? 0) });
  }
  return [...sums.values()];
}
