/** Finds the VTEP addresses inside a prefix, so that a route event costs only those it can concern. */
export class VtepIndex<T extends { readonly bytes: Uint8Array }> {
  private ipv4: T[] = [];
  private ipv6: T[] = [];

  replace(vteps: Iterable<T>): void {
    const all = [...vteps].sort((a, b) => compare(a.bytes, b.bytes, b.bytes.length));
    this.ipv4 = all.filter((vtep) => vtep.bytes.length === 4);
    this.ipv6 = all.filter((vtep) => vtep.bytes.length === 16);
  }

  /** prefix null is the default route of that family. */
  covered(isIpv6: boolean, prefix: Uint8Array | null, prefixLength: number): T[] {
    const sorted = isIpv6 ? this.ipv6 : this.ipv4;
    if (prefix === null || prefixLength === 0) return sorted;
    const from = lowerBound(sorted, prefix);
    let to = from;
    while (to < sorted.length && matches(sorted[to]!.bytes, prefix, prefixLength)) to++;
    return sorted.slice(from, to);
  }
}

/** Index of the first address that is not below the prefix's own, whose host bits are zero. */
function lowerBound(sorted: readonly { readonly bytes: Uint8Array }[], prefix: Uint8Array): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle]!.bytes, prefix, prefix.length) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(a: Uint8Array, b: Uint8Array, length: number): number {
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function matches(address: Uint8Array, prefix: Uint8Array, prefixLength: number): boolean {
  const whole = prefixLength >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== prefix[i]) return false;
  const rest = prefixLength & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((address[whole]! ^ prefix[whole]!) & mask) === 0;
}
