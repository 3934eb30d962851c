// Prefixes of addresses that travel as four big-endian words.

/** Mask of a word in which `bits` leading bits count; any number below 0 is none, above 32 all. */
export function maskWord(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}
