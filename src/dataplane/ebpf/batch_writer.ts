// Brings the entries of a large hash or trie to the kernel in batches: a table of a hundred thousand entries is a
// matter of tens of milliseconds, and the event loop is never held for longer than one batch takes.

import type { BpfMap, NativeError } from "../../native/index.js";

const BATCH = 4096;

/** What a batch could not put in: the bytes are valid during the call. */
export type RefusedEntry = (error: NativeError, keys: DataView, keyAt: number) => void;

/** The caller writes a key, and for an entry its value, where told, and then says put() or remove(). */
export class BatchWriter {
  readonly keys: DataView;
  readonly values: DataView;
  readonly goneKeys: DataView;
  private puts = 0;
  private removals = 0;

  constructor(
    private readonly map: BpfMap,
    private readonly refused: RefusedEntry,
    private readonly written: () => void = () => undefined,
  ) {
    this.keys = bytesFor(map.keySize);
    this.values = bytesFor(map.valueSize);
    this.goneKeys = bytesFor(map.keySize);
  }

  get keyAt(): number {
    return this.puts * this.map.keySize;
  }

  get valueAt(): number {
    return this.puts * this.map.valueSize;
  }

  get goneKeyAt(): number {
    return this.removals * this.map.keySize;
  }

  put(): void {
    this.puts += 1;
    if (this.puts === BATCH) this.flush();
  }

  remove(): void {
    this.removals += 1;
    if (this.removals === BATCH) this.flush();
  }

  /** Deletions first: they make room. */
  flush(): void {
    if (this.removals > 0) this.map.deleteBatch(from(this.goneKeys, 0), this.removals);
    this.removals = 0;
    let next = 0;
    while (next < this.puts) next = this.putFrom(next);
    this.puts = 0;
    this.written();
  }

  /** Puts entries from `first` on until one is refused; returns where to go on. */
  private putFrom(first: number): number {
    const { map } = this;
    try {
      map.updateBatch(
        from(this.keys, first * map.keySize),
        from(this.values, first * map.valueSize),
        this.puts - first,
      );
      return this.puts;
    } catch (error) {
      const failed = first + doneBefore(error as NativeError);
      this.refused(error as NativeError, this.keys, failed * map.keySize);
      return failed + 1;
    }
  }
}

function bytesFor(size: number): DataView {
  return new DataView(new ArrayBuffer(BATCH * size));
}

function from(view: DataView, at: number): Uint8Array {
  return new Uint8Array(view.buffer, at);
}

function doneBefore(error: NativeError): number {
  const { done } = error.meta;
  return typeof done === "number" ? done : 0;
}
