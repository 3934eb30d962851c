// How many frames a second each interface may hand to the engine, by class. Node carries some hundred
// thousand frames a second in all; the classes that a stranger can provoke get a small share of it.

import { Punt } from "../../abi/generated.js";
import type { BpfMap } from "../../native/index.js";
import { encodeIndex, encodePuntRate } from "./maps.js";

const TICKS_PER_SECOND = 10;
/** A bucket holds this many ticks' worth. */
const BURST_TICKS = 2;

/** Frames per second and interface. */
export type PuntRate = readonly [punt: number, framesPerSecond: number];

export const PUNT_RATES: readonly PuntRate[] = [
  [Punt.LEARN, 5_000],
  [Punt.BROADCAST, 10_000],
  [Punt.UNKNOWN_UNICAST, 10_000],
  [Punt.UNRESOLVED, 5_000],
  [Punt.TOO_BIG, 1_000],
  [Punt.EXCEPTION, 1_000],
  [Punt.SEGMENT, 1_000_000],
  [Punt.ALL, 1_000_000],
];

export function writePuntRates(map: BpfMap, rates: readonly PuntRate[] = PUNT_RATES): void {
  for (const [punt, framesPerSecond] of rates) {
    const perTick = framesPerSecond / TICKS_PER_SECOND;
    map.update(encodeIndex(punt), encodePuntRate(perTick, perTick * BURST_TICKS));
  }
}
