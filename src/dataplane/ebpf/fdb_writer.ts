// Brings FDB entries to the kernel in batches: a table of a hundred thousand MACs is a matter of tens of
// milliseconds, and the event loop is never held for longer than one batch takes.

import { FdbKeyLayout, FdbValueLayout } from "../../abi/generated.js";
import type { BpfMap, NativeError } from "../../native/index.js";
import { NOT_FOUND } from "../../tables/fdb.js";
import type { Tables } from "../../tables/tables.js";
import { formatMac } from "../../wire/ethernet.js";
import { writeFdbKey, writeFdbValue } from "./maps.js";
import type { Problems } from "./problems.js";

const BATCH = 4096;

/** Called for an entry that waits for room. */
export type RetryFdb = (w0: number, w1: number) => void;

export class FdbWriter {
  private readonly putKeys = new Uint8Array(BATCH * FdbKeyLayout.sizeBytes);
  private readonly putValues = new Uint8Array(BATCH * FdbValueLayout.sizeBytes);
  private readonly deleteKeys = new Uint8Array(BATCH * FdbKeyLayout.sizeBytes);
  private readonly keyView = new DataView(this.putKeys.buffer);
  private readonly valueView = new DataView(this.putValues.buffer);
  private readonly deleteView = new DataView(this.deleteKeys.buffer);
  private puts = 0;
  private deletes = 0;

  constructor(
    private readonly map: BpfMap,
    private readonly tables: Tables,
    private readonly problems: Problems,
  ) {}

  /** Writes the present state of a key: its entry, or its absence. Done for sure after flush(). */
  bring(w0: number, w1: number, retry: RetryFdb): void {
    const entry = this.tables.fdb.findWords(w0, w1);
    if (entry === NOT_FOUND) {
      writeFdbKey(this.deleteView, this.deletes++ * FdbKeyLayout.sizeBytes, w0, w1);
    } else {
      writeFdbKey(this.keyView, this.puts * FdbKeyLayout.sizeBytes, w0, w1);
      writeFdbValue(this.valueView, this.puts++ * FdbValueLayout.sizeBytes, this.tables, entry);
    }
    if (this.puts === BATCH || this.deletes === BATCH) this.flush(retry);
  }

  /** Deletions first: they make room. */
  flush(retry: RetryFdb): void {
    if (this.deletes > 0) this.map.deleteBatch(this.deleteKeys, this.deletes);
    this.deletes = 0;
    let from = 0;
    while (from < this.puts) from = this.putFrom(from, retry);
    this.puts = 0;
  }

  /** Puts entries from `from` on until one is refused; returns where to go on. */
  private putFrom(from: number, retry: RetryFdb): number {
    const keys = this.putKeys.subarray(from * FdbKeyLayout.sizeBytes);
    const values = this.putValues.subarray(from * FdbValueLayout.sizeBytes);
    try {
      this.map.updateBatch(keys, values, this.puts - from);
      return this.puts;
    } catch (error) {
      const failed = from + doneBefore(error as NativeError);
      this.report(failed * FdbKeyLayout.sizeBytes, error as NativeError, retry);
      return failed + 1;
    }
  }

  private report(keyAt: number, error: NativeError, retry: RetryFdb): void {
    const bd = this.keyView.getUint16(keyAt + FdbKeyLayout.bd, true);
    const hi = this.keyView.getUint16(keyAt + FdbKeyLayout.mac);
    const lo = this.keyView.getInt32(keyAt + FdbKeyLayout.mac + 2);
    this.problems.add(`fdb ${bd} ${formatMac(hi, lo)}`, this.map, error, () => retry((bd << 16) | hi, lo));
  }
}

function doneBefore(error: NativeError): number {
  const { done } = error.meta;
  return typeof done === "number" ? done : 0;
}
