// Collects what could not be written, so that one bad item does not keep the others out.

import type { BpfMap, NativeError } from "../../native/index.js";
import type { ItemProblem } from "../driver.js";

/** No room now: an entry may go, or memory come. */
const WAITING = new Set(["E2BIG", "ENOSPC", "ENOMEM", "EAGAIN", "EBUSY"]);

export class Problems {
  private found: ItemProblem[] = [];

  /** False where `write` failed. `retry` is called when a later attempt may succeed. */
  attempt(item: string, map: BpfMap, write: () => void, retry: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      this.add(item, map, error as NativeError, retry);
      return false;
    }
  }

  add(item: string, map: BpfMap, error: NativeError, retry: () => void): void {
    const waits = WAITING.has(error.code);
    this.found.push({ item, status: waits ? "retry" : "invalid", constraint: `${map.name}: ${error.message}` });
    if (waits) retry();
  }

  take(): readonly ItemProblem[] {
    const taken = this.found;
    this.found = [];
    return taken;
  }
}
