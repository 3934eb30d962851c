// How hard fuzzers and random comparisons try. `npm test` has minutes, a nightly run has hours: VTEPD_TEST_EFFORT=100.

const effort = Number(process.env.VTEPD_TEST_EFFORT ?? 1);

/** Rounds of a random test, at least one. */
export function rounds(usual: number): number {
  return Math.max(1, Math.round(usual * effort));
}
