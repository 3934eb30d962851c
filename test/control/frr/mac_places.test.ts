// A table of MACs is what a Map of them would be.
import { describe, expect, it } from "vitest";
import { MacPlaces } from "../../../src/control/frr/audit/mac_places.js";
import { paired, uniform } from "../../../src/control/frr/audit/side.js";

/** Of many makers, close together, with and without the highest bits. */
const MACS = Array.from({ length: 5_000 }, (_, index) => (index % 7) * 2 ** 45 + index * 2 ** 20 + (index % 3) + 1);

describe("places of MACs", () => {
  it("are those that were set last, also after the table grew", () => {
    const [places, map] = [new MacPlaces(), new Map<number, string>()];
    for (const [index, mac] of [...MACS, ...MACS.slice(0, 100)].entries()) {
      const place = `10.0.0.${index % 9}`;
      places.set(mac, place);
      map.set(mac, place);
    }
    expect(places.size).toBe(map.size);
    expect(new Map([...places.keys()].map((mac) => [mac, places.get(mac)!]))).toEqual(map);
  });

  it("are none for other MACs", () => {
    const places = new MacPlaces();
    for (const mac of MACS) places.set(mac, "here");
    expect([places.has(2 ** 47), places.get(2 ** 47), places.has(MACS[17]!)]).toEqual([false, undefined, true]);
  });
});

describe("two sides as one", () => {
  it("have the keys of the first, and what the second says", () => {
    const side = paired(
      new Map([
        [1, "dynamic"],
        [2, "sticky"],
      ]),
      new Map([
        [2, "10.0.0.2"],
        [3, "10.0.0.3"],
      ]),
      "none",
    );
    expect([...side.keys()].map((key) => [key, side.has(key), side.get(key)])).toEqual([
      [1, true, "none"],
      [2, true, "10.0.0.2"],
    ]);
    expect([side.has(3), side.get(3)]).toEqual([false, undefined]);
  });

  it("or one value for all", () => {
    const side = uniform(new Set([7]), "local");
    expect([side.get(7), side.get(8)]).toEqual(["local", undefined]);
  });
});
