// The other tables, and what each change tells the drivers.
import { describe, expect, it } from "vitest";
import { Family, FdbKind, Limit, PortFlag, RemoteFlag } from "../../src/abi/generated.js";
import { FdbDelta } from "../../src/tables/delta.js";
import { Violation } from "../../src/tables/port.js";
import { Tables, type VtepSettings } from "../../src/tables/tables.js";
import { buildTables } from "../corpus/given.js";
import { LOCAL, lab, V2, V3 } from "../corpus/lab.js";
import { address16 } from "../corpus/packet.js";

const words = (text: string): [number, number, number, number] => {
  const view = new DataView(address16(text).buffer);
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)];
};

describe("deltas", () => {
  it("are empty in new tables, full of what a lab sets, and empty again when cleared", () => {
    expect(new Tables().deltas.empty).toBe(true);
    const { tables } = buildTables(lab());
    const { deltas } = tables;
    expect(deltas.config).toBe(true);
    expect([deltas.interfaces.size, deltas.ports.size, deltas.bridgeDomains.size, deltas.vteps.size]).toEqual([
      4, 3, 2, 2,
    ]);
    expect([deltas.groups.size, deltas.adjacencies.size, deltas.fdb.count]).toEqual([2, 1, 7]);
    deltas.clear();
    expect(deltas.empty).toBe(true);
  });

  it("tell of a port when it has all the MACs it may, or no longer, if one more shuts it", () => {
    const tables = new Tables();
    const settings = {
      slot: 1,
      vlan: 0,
      bd: 1,
      flags: PortFlag.LEARNING,
      learnFlags: 0,
      allow: undefined,
      stormRates: [],
    };
    tables.ports.set(1, { ...settings, macLimit: 2, violation: Violation.SHUTDOWN });
    tables.ports.set(2, { ...settings, macLimit: 2, violation: Violation.RESTRICT });
    const portsChangedBy = (change: () => void) => {
      tables.deltas.clear();
      change();
      return [...tables.deltas.ports];
    };
    const learn = (port: number, lo: number) =>
      portsChangedBy(() => tables.fdb.set(1, port, lo, FdbKind.LOCAL, port, 0, 0));
    expect([learn(1, 1), learn(1, 2), learn(2, 1), learn(2, 2)]).toEqual([[], [1], [], []]);
    expect(portsChangedBy(() => tables.fdb.delete(1, 1, 1))).toEqual([1]);
    expect(portsChangedBy(() => tables.fdb.delete(1, 1, 2))).toEqual([]);
  });

  it("keep FDB keys in order through growth", () => {
    const delta = new FdbDelta();
    for (let at = 0; at < 1000; at++) delta.push(at, at + 7);
    let next = 0;
    delta.forEach((w0, w1) => {
      expect([w0, w1]).toEqual([next, next + 7]);
      next += 1;
    });
    expect([next, delta.count]).toEqual([1000, 1000]);
    delta.clear();
    expect(delta.count).toBe(0);
  });
});

describe("bridge domains", () => {
  it("are found by VNI, and move with it", () => {
    const { bridgeDomains } = new Tables();
    bridgeDomains.set(1, 100, 0, 0, 0);
    bridgeDomains.set(2, 0xffffff, 0, 0, 0);
    expect([bridgeDomains.byVni(100), bridgeDomains.byVni(0xffffff), bridgeDomains.byVni(101)]).toEqual([1, 2, 0]);
    bridgeDomains.set(1, 300, 0, 0, 0);
    expect([bridgeDomains.byVni(100), bridgeDomains.byVni(300)]).toEqual([0, 1]);
  });

  it("may swap their VNIs", () => {
    const { bridgeDomains } = new Tables();
    bridgeDomains.set(1, 100, 0, 0, 0);
    bridgeDomains.set(2, 200, 0, 0, 0);
    bridgeDomains.set(1, 200, 0, 0, 0);
    bridgeDomains.set(2, 100, 0, 0, 0);
    expect([bridgeDomains.byVni(100), bridgeDomains.byVni(200)]).toEqual([2, 1]);
  });

  it("take their lists with them when cleared", () => {
    const { bridgeDomains } = new Tables();
    bridgeDomains.set(1, 100, 0, 0, 0);
    bridgeDomains.setFloodPorts(1, [1, 2]);
    bridgeDomains.setFloodVteps(1, [3]);
    bridgeDomains.clear(1);
    expect([
      bridgeDomains.byVni(100),
      bridgeDomains.floodPorts[1]!.length,
      bridgeDomains.floodVteps[1]!.length,
    ]).toEqual([0, 0, 0]);
  });
});

describe("VTEPs", () => {
  it("are found by address, until cleared", () => {
    const { tables } = buildTables(lab());
    expect([
      tables.vteps.find(...words(V2)),
      tables.vteps.find(...words(V3)),
      tables.vteps.find(...words(LOCAL)),
    ]).toEqual([1, 2, 0]);
    tables.vteps.clear(1);
    expect([tables.vteps.find(...words(V2)), tables.vteps.find(...words(V3)), tables.vteps.isKnown(1)]).toEqual([
      0,
      2,
      false,
    ]);
  });

  it("may change their address", () => {
    const { tables } = buildTables(lab());
    tables.vteps.set(1, address16("10.255.0.9"), RemoteFlag.KNOWN, tables.settings);
    expect([tables.vteps.find(...words(V2)), tables.vteps.find(...words("10.255.0.9"))]).toEqual([0, 1]);
  });

  it("get new headers when the local address or port changes", () => {
    const { tables } = buildTables(lab());
    const changed: VtepSettings = { ...tables.settings, localAddress: address16("10.9.9.9"), udpPort: 8472 };
    tables.deltas.clear();
    tables.setSettings(changed);
    const outer = tables.vteps.outer.subarray(Limit.OUTER_BYTES, 2 * Limit.OUTER_BYTES);
    expect([...outer.subarray(12, 16)]).toEqual([10, 9, 9, 9]);
    expect((outer[22]! << 8) | outer[23]!).toBe(8472);
    expect([...tables.deltas.vteps]).toEqual([1, 2]);
    expect(tables.settings.family).toBe(Family.IPV4);
  });
});

describe("counters", () => {
  it("name the drops by reason, place and domain", () => {
    const { counters } = new Tables();
    counters.drop(36, 1023, 4095);
    counters.drop(36, 1023, 4095);
    counters.drop(1, 1, 0);
    expect(counters.drops()).toEqual([
      { reason: 36, slot: 1023, bd: 4095, packets: 2 },
      { reason: 1, slot: 1, bd: 0, packets: 1 },
    ]);
  });

  it("start again for an index that is used anew", () => {
    const { ports } = new Tables().counters;
    ports.receive(2, 100);
    ports.transmit(2, 50);
    ports.receive(3, 7);
    ports.clear(2);
    expect([...ports.values.subarray(8, 16)]).toEqual([0, 0, 0, 0, 1, 7, 0, 0]);
  });
});
