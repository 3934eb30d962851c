// Sets of table indexes, as deltas hold them.

/** Indexes with a value; 0 is never used. */
export function usedIn(values: Uint8Array | Uint16Array | Uint32Array): number[] {
  const indexes: number[] = [];
  for (let index = 1; index < values.length; index++) {
    if (values[index] !== 0) indexes.push(index);
  }
  return indexes;
}

export function addAll(set: Set<number>, indexes: Iterable<number>): void {
  for (const index of indexes) set.add(index);
}

/** Empties the set, so that what is put into it meanwhile is what waits. */
export function drain(set: Set<number>): readonly number[] {
  const indexes = [...set];
  set.clear();
  return indexes;
}
