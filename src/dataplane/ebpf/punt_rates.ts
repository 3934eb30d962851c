// How many frames a second each interface may hand to the engine, by class. Node carries some hundred
// thousand frames a second in all; the classes that a stranger can provoke get a small share of it.

import { Punt } from "../../abi/generated.js";
import type { BpfMap } from "../../native/index.js";
import { encodeIndex, encodePuntRate } from "./maps.js";

const TICKS_PER_SECOND = 10;
/** A bucket holds this many ticks' worth. */
const BURST_TICKS = 2;

type PuntClass = Exclude<keyof typeof Punt, "CLASSES">;

const FRAMES_PER_SECOND: Readonly<Record<PuntClass, number>> = {
  LEARN: 5_000,
  BROADCAST: 10_000,
  UNKNOWN_UNICAST: 10_000,
  UNRESOLVED: 5_000,
  TOO_BIG: 1_000,
  EXCEPTION: 1_000,
  SEGMENT: 1_000_000,
  ALL: 1_000_000,
  // As broadcasts: when the power is back, every host behind a trunk asks at once.
  NEIGHBOR: 10_000,
  // What waits for answers is bounded, and each may be a request to a whole domain.
  GLEAN: 1_000,
  GATEWAY: 1_000,
};

export function writePuntRates(map: BpfMap): void {
  for (const [name, framesPerSecond] of Object.entries(FRAMES_PER_SECOND)) {
    const perTick = framesPerSecond / TICKS_PER_SECOND;
    map.update(encodeIndex(Punt[name as PuntClass]), encodePuntRate(perTick, perTick * BURST_TICKS));
  }
}
