// Entries of BPF arrays, one by one: they are few, and an array always has room.

import type { Programs } from "./load.js";
import { encodeIndex, MapName } from "./maps.js";
import type { Problems } from "./problems.js";

export type ArrayMap = "PORT" | "BD" | "REMOTE" | "SEGMENT" | "GROUP" | "ADJACENCY" | "VRF" | "ROUTE" | "PATH";

export class ArrayWriter {
  constructor(
    private readonly programs: Programs,
    private readonly problems: Problems,
  ) {}

  write(name: ArrayMap, indexes: Iterable<number>, encode: (index: number) => Uint8Array, retry: Set<number>): void {
    const map = this.programs.map(MapName[name]);
    for (const index of indexes) {
      const write = () => map.update(encodeIndex(index), encode(index));
      this.problems.attempt(`${name.toLowerCase()} ${index}`, map, write, () => retry.add(index));
    }
  }
}
