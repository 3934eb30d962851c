import { describe, expect, it } from "vitest";
import { SharedRoom } from "../../../src/control/neighbors/shared_room.js";

/** Takes until it is refused; returns how often. */
function fill(room: SharedRoom, source: number, amount = 1): number {
  for (let count = 0; ; count++) if (!room.take(source, amount)) return count;
}

describe("shared room", () => {
  it("gives one source half, and who comes later a share of the rest", () => {
    const room = new SharedRoom(1024);
    expect([1, 2, 3, 4].map((source) => fill(room, source))).toEqual([512, 256, 128, 64]);
  });

  it("gives sources that come together the same", () => {
    const room = new SharedRoom(100);
    const counts = [0, 0, 0, 0];
    for (let round = 0; round < 100; round++) {
      for (const source of [0, 1, 2, 3]) if (room.take(source)) counts[source]! += 1;
    }
    expect(counts).toEqual([20, 20, 20, 20]);
  });

  it("has room for one more, whoever came before", () => {
    const room = new SharedRoom(1024);
    for (let source = 1; source <= 9; source++) fill(room, source);
    expect(room.has(10)).toBe(true);
  });

  it("takes back what is given, in amounts", () => {
    const room = new SharedRoom(1000);
    expect(fill(room, 7, 100)).toBe(5);
    expect(room.take(7, 1)).toBe(false);
    room.give(7, 200);
    expect(room.take(7, 200)).toBe(true);
    room.give(7, 500);
    expect(room.isEmpty).toBe(true);
  });
});
