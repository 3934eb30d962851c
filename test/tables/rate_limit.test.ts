import { describe, expect, it } from "vitest";
import { RateLimit } from "../../src/tables/rate_limit.js";

const taken = (limit: RateLimit, index: number, tick: number, tries: number): number =>
  Array.from({ length: tries }, () => limit.take(index, tick)).filter(Boolean).length;

describe("rate limit", () => {
  it("gives its burst at once, then what comes with time", () => {
    const limit = new RateLimit(4, 10, 50);
    expect([taken(limit, 1, 0, 100), taken(limit, 1, 1, 100), taken(limit, 1, 3, 100)]).toEqual([50, 10, 20]);
  });

  it("never saves more than its burst", () => {
    const limit = new RateLimit(4, 10, 50);
    taken(limit, 1, 0, 100);
    expect(taken(limit, 1, 100_000, 100)).toBe(50);
  });

  it("counts each index by itself", () => {
    const limit = new RateLimit(4, 1, 2);
    expect([taken(limit, 1, 0, 9), taken(limit, 2, 0, 9), taken(limit, 1, 0, 9)]).toEqual([2, 2, 0]);
  });

  it("says whether there is one without taking it", () => {
    const limit = new RateLimit(4, 1, 1);
    expect([limit.has(1, 0), limit.has(1, 0), limit.take(1, 0), limit.has(1, 0), limit.has(1, 1)]).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  it("goes on where the clock wraps", () => {
    const limit = new RateLimit(4, 10, 50);
    taken(limit, 1, 0xffffffff, 100);
    expect(taken(limit, 1, 1, 100)).toBe(20);
  });

  it("gathers fractions", () => {
    const limit = new RateLimit(4, 0.25, 1);
    taken(limit, 1, 0, 9);
    expect([1, 2, 3, 4].map((tick) => limit.take(1, tick))).toEqual([false, false, false, true]);
  });
});
