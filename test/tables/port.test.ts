import { describe, expect, it } from "vitest";
import { PortFlag } from "../../src/abi/generated.js";
import { Deltas } from "../../src/tables/delta.js";
import { macKey, type PortSettings, Ports, StormClass } from "../../src/tables/port.js";
import { Random } from "../corpus/random.js";

const settings = (more: Partial<PortSettings> = {}): PortSettings => ({
  slot: 1,
  vlan: 0,
  bd: 1,
  flags: PortFlag.ENABLED,
  macLimit: 0,
  violation: 0,
  learnFlags: 0,
  allow: undefined,
  stormRates: [],
  ...more,
});

/** Frames that pass when `offered` come at once. */
function burst(ports: Ports, storm: number, tick: number, offered: number): number {
  let passed = 0;
  for (let at = 0; at < offered && ports.withinStormRate(1, storm, tick); at++, passed++)
    ports.takeStormToken(1, storm, tick);
  return passed;
}

describe("storm-control bucket", () => {
  const limited = (rate: number) => {
    const ports = new Ports(new Deltas());
    ports.set(1, settings({ stormRates: [rate, 0, 0] }));
    return ports;
  };

  it("passes no more than the rate, over any run of seconds, and one second's worth more at its start", () => {
    const random = new Random(5);
    for (const rate of [1, 3, 7, 10, 99, 1000]) {
      const ports = limited(rate);
      let passed = 0;
      let tick = random.word();
      for (let at = 0; at < 300; at++, tick = (tick + 1) >>> 0)
        passed += burst(ports, StormClass.BROADCAST, tick, random.below(2 * rate + 2));
      expect(passed).toBeLessThanOrEqual(rate + rate * 30);
    }
  });

  it("passes exactly the rate under constant pressure", () => {
    for (const rate of [1, 7, 10, 25]) {
      const ports = limited(rate);
      expect(burst(ports, StormClass.BROADCAST, 0, 1e6)).toBe(rate);
      let passed = 0;
      for (let tick = 1; tick <= 100; tick++) passed += burst(ports, StormClass.BROADCAST, tick, 1e6);
      expect(passed).toBe(10 * rate);
    }
  });

  it("keeps what it has when the same settings are applied again", () => {
    const ports = limited(5);
    burst(ports, StormClass.BROADCAST, 0, 5);
    ports.set(1, settings({ stormRates: [5, 0, 0] }));
    expect(burst(ports, StormClass.BROADCAST, 0, 5)).toBe(0);
  });

  it("starts full when the rate changes", () => {
    const ports = limited(5);
    burst(ports, StormClass.BROADCAST, 0, 5);
    ports.set(1, settings({ stormRates: [3, 0, 0] }));
    expect(burst(ports, StormClass.BROADCAST, 0, 5)).toBe(3);
  });

  it("has no limit at rate 0, nor any memory of that time", () => {
    const ports = limited(0);
    expect(burst(ports, StormClass.BROADCAST, 0, 500)).toBe(500);
    ports.set(1, settings({ stormRates: [2, 0, 0] }));
    expect(burst(ports, StormClass.BROADCAST, 0, 5)).toBe(2);
  });
});

describe("ports", () => {
  it("admits every source without a list, and listed ones with it", () => {
    const ports = new Ports(new Deltas());
    ports.set(1, settings());
    expect(ports.allows(1, 0x0200, -1)).toBe(true);
    ports.set(1, settings({ allow: new Set([macKey(0x0200, -1)]) }));
    expect(ports.allows(1, 0x0200, -1)).toBe(true);
    expect(ports.allows(1, 0x0200, 1)).toBe(false);
    expect(ports.allows(1, 0x0201, -1)).toBe(false);
  });

  it("reports a flag that changed, and only then", () => {
    const deltas = new Deltas();
    const ports = new Ports(deltas);
    ports.set(1, settings());
    deltas.clear();
    ports.setFlag(1, PortFlag.ENABLED, true);
    expect(deltas.empty).toBe(true);
    ports.setFlag(1, PortFlag.ENABLED, false);
    expect([...deltas.ports]).toEqual([1]);
  });

  it("leaves nothing behind when cleared", () => {
    const ports = new Ports(new Deltas());
    ports.set(1, settings({ allow: new Set(), macLimit: 3, stormRates: [1, 1, 1], vlan: 5 }));
    ports.clear(1);
    expect([ports.flags[1], ports.bd[1], ports.vlan[1], ports.macLimit[1]]).toEqual([0, 0, 0, 0]);
    expect(ports.allows(1, 0, 0)).toBe(true);
    expect(burst(ports, StormClass.UNKNOWN_UNICAST, 0, 9)).toBe(9);
  });
});
