/**
 * Which leg carries which flows: flow hash → one of 64 buckets → adjacency.
 *
 * Resilient, unlike a modulo over the legs (RFC 2992 measures how many flows each method disturbs): a leg that goes
 * moves only its own buckets, a leg that comes takes only its share, and nothing else moves. One exception: a leg
 * that had nothing, because its share was below one bucket, gets its bucket when the share grows to one.
 */
export const BUCKET_COUNT = 64;

/** Bucket value of "no leg at all". Adjacency ids start at 1. */
export const NO_ADJACENCY = 0;

/** Buckets that a leg may be off its share, rounded up or down, before others are disturbed for it. */
const SLACK = 1;

export interface WeightedLeg {
  readonly adjacency: number;
  /** Positive; a leg of weight 2 gets twice the buckets of a leg of weight 1. */
  readonly weight: number;
}

interface Share {
  readonly adjacency: number;
  /** Buckets by weight, a fraction. */
  readonly ideal: number;
  /** How far below its ideal a leg may stay rather than take buckets from another one. */
  readonly tolerance: number;
  count: number;
}

/**
 * The next assignment, given the previous one (or an empty array). Deterministic and idempotent. From scratch every
 * leg gets its ideal number rounded up or down; after changes it stays within SLACK of that.
 */
export function assignBuckets(previous: Uint16Array, legs: readonly WeightedLeg[]): Uint16Array {
  const buckets = new Uint16Array(BUCKET_COUNT);
  const shares = computeShares(previous, legs);
  if (shares.size === 0) return buckets;
  for (let i = 0; i < BUCKET_COUNT; i++) {
    const share = shares.get(previous[i] ?? NO_ADJACENCY) ?? null;
    if (share !== null) buckets[i] = share.adjacency;
  }
  const all = [...shares.values()];
  fillOrphans(buckets, all);
  rebalance(buckets, all);
  return buckets;
}

function computeShares(previous: Uint16Array, legs: readonly WeightedLeg[]): Map<number, Share> {
  const weights = new Map<number, number>();
  for (const { adjacency, weight } of legs) {
    if (weight > 0 && adjacency !== NO_ADJACENCY) weights.set(adjacency, (weights.get(adjacency) ?? 0) + weight);
  }
  let total = 0;
  for (const weight of weights.values()) total += weight;
  const shares = new Map<number, Share>();
  for (const [adjacency, weight] of weights) {
    const count = previous.slice(0, BUCKET_COUNT).filter((bucket) => bucket === adjacency).length;
    const ideal = (BUCKET_COUNT * weight) / total;
    shares.set(adjacency, { adjacency, ideal, tolerance: count === 0 ? 0 : SLACK, count });
  }
  return shares;
}

/** Buckets of legs that are gone go one by one to whoever lacks most. */
function fillOrphans(buckets: Uint16Array, shares: readonly Share[]): void {
  for (let i = 0; i < BUCKET_COUNT; i++) {
    if (buckets[i] !== NO_ADJACENCY) continue;
    const share = mostLacking(shares);
    buckets[i] = share.adjacency;
    share.count++;
  }
}

/** Moves a bucket from the leg that has most too many to the one that lacks most, while either is out of bounds. */
function rebalance(buckets: Uint16Array, shares: readonly Share[]): void {
  for (let moves = 0; moves < BUCKET_COUNT; moves++) {
    const to = shares.find(isBelowBounds) ?? mostLacking(shares);
    const from = mostLoaded(shares);
    const isOut = isBelowBounds(to) || from.count > Math.ceil(from.ideal) + SLACK;
    if (!isOut || from === to) return;
    buckets[buckets.indexOf(from.adjacency)] = to.adjacency;
    from.count--;
    to.count++;
  }
}

function isBelowBounds(share: Share): boolean {
  return share.count < Math.floor(share.ideal) - share.tolerance;
}

function mostLacking(shares: readonly Share[]): Share {
  return shares.reduce((best, share) => (share.ideal - share.count > best.ideal - best.count ? share : best));
}

function mostLoaded(shares: readonly Share[]): Share {
  return shares.reduce((best, share) => (share.count - share.ideal > best.count - best.ideal ? share : best));
}
