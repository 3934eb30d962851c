// The audit goes through hundreds of thousands of entries beside the forwarding daemon's own work. It takes its time in
// slices by the clock: how long an entry takes depends on the caches, on the collector of garbage, and on who else is busy.

import { setImmediate as nextTurn } from "node:timers/promises";

/** Of one turn of the event loop; who waits for its turn waits this much longer. */
const MOST_MS = 0.5;
/** Entries between two looks at the clock. */
const STRIDE = 128;

export class Slices {
  private counted = 0;
  private end = performance.now() + MOST_MS;

  /** To be asked after each entry, or after `count` of them: where true, `turn` is to be awaited. */
  isOver(count = 1): boolean {
    this.counted += count;
    if (this.counted < STRIDE) return false;
    this.counted = 0;
    return performance.now() >= this.end;
  }

  /**
   * A whole turn belongs to the others: sockets are read in it, and what came by them is written to the data path, which
   * is put off to the turn's end, behind whoever has asked for that before.
   */
  async turn(): Promise<void> {
    await nextTurn();
    await nextTurn();
    this.end = performance.now() + MOST_MS;
  }
}
