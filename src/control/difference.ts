// Desired state against present state, by key. What is equal is not touched, which is what makes a reload
// harmless to the traffic that it does not concern.

import { isDeepStrictEqual } from "node:util";

export interface Difference<T> {
  readonly removed: readonly T[];
  readonly added: readonly T[];
  readonly changed: readonly { readonly before: T; readonly after: T }[];
}

export function differenceOf<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Difference<T> {
  const removed: T[] = [];
  const added: T[] = [];
  const changed: { before: T; after: T }[] = [];
  for (const [key, value] of before) if (!after.has(key)) removed.push(value);
  for (const [key, value] of after) {
    const known = before.get(key);
    if (known === undefined) added.push(value);
    else if (!isDeepStrictEqual(known, value)) changed.push({ before: known, after: value });
  }
  return { removed, added, changed };
}
