import { describe, expect, it } from "vitest";
import { assignBuckets, BUCKET_COUNT, type WeightedLeg } from "../../../src/control/underlay/buckets.js";

const NONE = new Uint16Array(BUCKET_COUNT);

function legs(...weights: number[]): WeightedLeg[] {
  return weights.map((weight, index) => ({ adjacency: index + 1, weight }));
}

function countOf(buckets: Uint16Array, adjacency: number): number {
  return buckets.filter((bucket) => bucket === adjacency).length;
}

function moved(before: Uint16Array, after: Uint16Array): number[] {
  return [...before.keys()].filter((bucket) => before[bucket] !== after[bucket]);
}

function idealOf(set: readonly WeightedLeg[], leg: WeightedLeg): number {
  return (BUCKET_COUNT * leg.weight) / set.reduce((sum, { weight }) => sum + weight, 0);
}

function randomSource(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("assignBuckets from scratch", () => {
  it.each([[[1]], [[1, 1]], [[1, 1, 1]], [[3, 1]], [[1, 2, 5, 7]], [[255, 1]], [Array.from({ length: 40 }, () => 1)]])(
    "gives weights %j their share, rounded up or down",
    (weights) => {
      const set = legs(...weights);
      const buckets = assignBuckets(NONE, set);
      for (const leg of set) {
        const count = countOf(buckets, leg.adjacency);
        expect(Math.abs(count - idealOf(set, leg))).toBeLessThan(1);
      }
    },
  );

  it("gives all buckets to nobody when there is no leg", () => {
    expect(assignBuckets(assignBuckets(NONE, legs(1, 1)), [])).toEqual(NONE);
    expect(assignBuckets(NONE, [{ adjacency: 1, weight: 0 }])).toEqual(NONE);
  });

  it("adds up legs that share an adjacency, and takes an empty array for no history", () => {
    const twice = [
      { adjacency: 1, weight: 1 },
      { adjacency: 1, weight: 2 },
      { adjacency: 2, weight: 1 },
    ];
    expect(countOf(assignBuckets(new Uint16Array(), twice), 1)).toBe(48);
  });

  it("uses every bucket once when there are more legs than buckets", () => {
    const buckets = assignBuckets(NONE, legs(...Array.from({ length: 100 }, () => 1)));
    expect(new Set(buckets).size).toBe(BUCKET_COUNT);
  });
});

describe("assignBuckets after a change", () => {
  it("moves only the buckets of the leg that goes, and only its share to the leg that comes back", () => {
    const three = assignBuckets(NONE, legs(1, 1, 1));
    const two = assignBuckets(three, legs(1, 1));
    expect(moved(three, two).every((bucket) => three[bucket] === 3)).toBe(true);
    const again = assignBuckets(two, legs(1, 1, 1));
    expect(moved(two, again)).toHaveLength(21);
    expect(moved(two, again).every((bucket) => again[bucket] === 3)).toBe(true);
  });

  it("follows a change of weights with as few moves as it takes", () => {
    const even = assignBuckets(NONE, legs(1, 1));
    const uneven = assignBuckets(even, legs(3, 1));
    expect(countOf(uneven, 1)).toBeGreaterThanOrEqual(47);
    expect(moved(even, uneven).every((bucket) => even[bucket] === 2)).toBe(true);
  });

  it("keeps its promises through 10,000 random histories", () => {
    const random = randomSource(7);
    let set: WeightedLeg[] = legs(1, 1);
    let buckets = assignBuckets(NONE, set);
    for (let step = 0; step < 10_000; step++) {
      const before = { set, buckets };
      const absent = Array.from({ length: 12 }, (_, i) => i + 1).filter(
        (id) => !set.some((leg) => leg.adjacency === id),
      );
      const adds = absent.length > 0 && (set.length <= 1 || random(2) === 0);
      const changed = adds ? absent[random(absent.length)] : set[random(set.length)]?.adjacency;
      set = adds
        ? [...set, { adjacency: changed ?? 1, weight: 1 + random(random(2) ? 3 : 64) }]
        : set.filter((leg) => leg.adjacency !== changed);
      buckets = assignBuckets(before.buckets, set);
      check(before, { set, buckets }, changed ?? 0, adds);
    }
  });
});

interface Step {
  set: readonly WeightedLeg[];
  buckets: Uint16Array;
}

function check(before: Step, after: Step, changed: number, added: boolean): void {
  const moves = moved(before.buckets, after.buckets);
  if (added) {
    const leg = after.set.find(({ adjacency }) => adjacency === changed);
    expect(moves.length).toBeLessThanOrEqual(Math.ceil(leg === undefined ? 0 : idealOf(after.set, leg)));
    expect(moves.every((bucket) => after.buckets[bucket] === changed)).toBe(true);
  } else {
    const disturbed = moves.filter((bucket) => before.buckets[bucket] !== changed);
    expect(disturbed.filter((bucket) => countOf(before.buckets, after.buckets[bucket] ?? 0) > 0)).toEqual([]);
  }
  const isOff = after.set.filter((leg) => {
    const ideal = idealOf(after.set, leg);
    const count = countOf(after.buckets, leg.adjacency);
    return count < Math.floor(ideal) - 1 || count > Math.ceil(ideal) + 1;
  });
  expect(isOff).toEqual([]);
  expect(assignBuckets(after.buckets, after.set)).toEqual(after.buckets);
}
