// Takes out what a map holds, so that loaded programs serve another test.
import { Punt } from "../../src/abi/generated.js";
import type { BpfMap } from "../../src/native/index.js";
import type { Tables } from "../../src/tables/tables.js";

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

/** Above every index of the tables, and above every token bucket of their slots. */
export function extentOf({ interfaces, ports, bridgeDomains, vteps, adjacencies, vrfs, routes }: Tables): number {
  const bridging = [ports.bd, bridgeDomains.vni, bridgeDomains.flags, vteps.group, adjacencies.ifindex];
  const routing = [vrfs.l3Vni, vrfs.flags, routes.pathKind];
  const used = [...bridging, ...routing].map(highestUsed);
  const highest = Math.max(...used, ...vteps.group, vteps.address.length, routes.highest);
  return Math.max(highest, (highestUsed(interfaces.ifindex) + 1) * Punt.CLASSES) + 1;
}

function highestUsed(values: Uint8Array | Uint16Array | Uint32Array): number {
  return values.findLastIndex((value) => value !== 0);
}
