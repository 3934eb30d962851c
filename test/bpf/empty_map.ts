// Takes out what a map holds, so that loaded programs serve another test.
import type { BpfMap } from "../../src/native/index.js";

const ARRAYS = new Set([2, 6]); // BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY

/** `extent`: no index of an array at or above it was used. */
export function emptyMap(map: BpfMap, extent: number = map.maxEntries): void {
  if (!ARRAYS.has(map.type)) {
    const { keys, count } = map.dump();
    if (count > 0) map.deleteBatch(keys, count);
    return;
  }
  const count = Math.min(map.maxEntries, extent);
  const keys = Uint32Array.from({ length: count }, (_, index) => index);
  if (count > 0) map.updateBatch(new Uint8Array(keys.buffer), new Uint8Array(count * map.valueSize), count);
}
