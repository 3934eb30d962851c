// The FDB to the kernel.

import { FdbKeyLayout } from "../../abi/generated.js";
import type { BpfMap } from "../../native/index.js";
import { NOT_FOUND } from "../../tables/fdb.js";
import type { Tables } from "../../tables/tables.js";
import { formatMac } from "../../wire/ethernet.js";
import { BatchWriter, type RefusedEntry } from "./batch_writer.js";
import { writeFdbKey, writeFdbValue } from "./maps.js";
import type { Problems } from "./problems.js";

export class FdbWriter {
  private readonly batch: BatchWriter;
  /** Words of entries that wait for room. */
  private readonly waiting: number[] = [];

  /** `written` is called after each batch. */
  constructor(
    private readonly map: BpfMap,
    private readonly tables: Tables,
    private readonly problems: Problems,
    written: () => void,
  ) {
    const refused: RefusedEntry = (error, keys, at) => {
      const bd = keys.getUint16(at + FdbKeyLayout.bd, true);
      const hi = keys.getUint16(at + FdbKeyLayout.mac);
      const lo = keys.getInt32(at + FdbKeyLayout.mac + 2);
      const retry = () => this.waiting.push((bd << 16) | hi, lo);
      this.problems.add(`fdb ${bd} ${formatMac(hi, lo)}`, this.map, error, retry);
    };
    this.batch = new BatchWriter(map, refused, written);
  }

  /** What waits stays in the deltas. */
  writeDeltas(): void {
    const { deltas } = this.tables;
    deltas.fdb.forEach((w0, w1) => {
      this.bring(w0, w1);
    });
    this.batch.flush();
    deltas.fdb.clear();
    for (let at = 0; at < this.waiting.length; at += 2) deltas.fdb.push(this.waiting[at]!, this.waiting[at + 1]!);
    this.waiting.length = 0;
  }

  /** The present state of a key: its entry, or its absence. */
  private bring(w0: number, w1: number): void {
    const { batch } = this;
    const entry = this.tables.fdb.findWords(w0, w1);
    if (entry === NOT_FOUND) {
      writeFdbKey(batch.goneKeys, batch.goneKeyAt, w0, w1);
      batch.remove();
    } else {
      writeFdbKey(batch.keys, batch.keyAt, w0, w1);
      writeFdbValue(batch.values, batch.valueAt, this.tables, entry);
      batch.put();
    }
  }
}
