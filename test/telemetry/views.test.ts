import { describe, expect, it } from "vitest";
import { Drop, dropReasonNames, FdbKind } from "../../src/abi/generated.js";
import { Traffic } from "../../src/tables/counters.js";
import {
  bridgeDomainViews,
  dropReasonName,
  dropViews,
  fdbViews,
  macPathViews,
  neighborViews,
  portViews,
  vtepViews,
} from "../../src/telemetry/views.js";
import { buildTables, dataPathCounters, ETH1, ETH2, NOW, names, RED, UP0 } from "./hand_built.js";

describe("ports as views", () => {
  it("says what each port is and why", () => {
    const [eth1, eth2, down] = portViews(buildTables(), names, dataPathCounters());
    expect(eth1).toEqual({
      interface: "eth1",
      vlan: null,
      bridgeDomain: "red",
      state: "forwarding",
      stateReason: "",
      hook: "tc",
      hookReason: "a veth",
      delivery: "queue",
      deliveryReason: "",
      macCount: 1,
      macLimit: null,
      rxPackets: 0,
      rxBytes: 0,
      txPackets: 0,
      txBytes: 0,
    });
    expect(eth2).toMatchObject({ interface: "eth2", vlan: 10, macCount: 1, macLimit: 5 });
    expect(down).toMatchObject({ vlan: 20, state: "down", stateReason: "no carrier", hook: null });
  });

  it("adds what the engine and the data path counted", () => {
    const tables = buildTables();
    tables.counters.ports.receive(2, 100);
    tables.counters.ports.transmit(2, 60);
    const counters = dataPathCounters();
    counters.ports[2 * Traffic.FIELDS + Traffic.RX_PACKETS] = 10;
    counters.ports[2 * Traffic.FIELDS + Traffic.RX_BYTES] = 1000;
    const view = portViews(tables, names, counters)[1];
    expect(view).toMatchObject({ rxPackets: 11, rxBytes: 1100, txPackets: 1, txBytes: 60 });
  });
});

describe("the FDB as views", () => {
  const list = (selection = {}) => [...fdbViews(buildTables(), names, NOW, selection)];
  const macs = (selection: object) => list(selection).map(({ mac }) => mac);

  it("is in the order of domain and MAC", () => {
    expect(list().map(({ bridgeDomain, mac }) => `${bridgeDomain} ${mac}`)).toEqual([
      "red 02:00:00:00:00:01",
      "red 02:00:00:00:00:02",
      "red 02:00:00:00:00:04",
      "red 02:00:ff:00:00:01",
      "red 03:00:00:00:00:09",
      "blue 02:00:00:00:00:03",
    ]);
  });

  it("says of a local MAC its port, and how long it has been silent", () => {
    expect(list({ mac: "02:00:00:00:00:02" })).toEqual([
      {
        bridgeDomain: "red",
        vni: 100,
        mac: "02:00:00:00:00:02",
        where: "local",
        interface: "eth2",
        vlan: 10,
        vtep: null,
        vteps: null,
        origin: "learned",
        sticky: true,
        held: false,
        idleSeconds: 1.5,
      },
    ]);
  });

  it("says of a remote MAC its VTEP; silence only where it was learned", () => {
    const place = { where: "remote", interface: null, vlan: null };
    expect(list({ mac: "02:00:ff:00:00:01" })).toMatchObject([
      { ...place, vtep: "2001:db8::3", origin: "learned", idleSeconds: 2.5 },
    ]);
    expect(list({ mac: "03:00:00:00:00:09" })).toMatchObject([
      { ...place, vtep: "10.0.0.2", origin: "evpn", idleSeconds: null },
    ]);
    expect(list({ mac: "02:00:00:00:00:03" })).toMatchObject([{ origin: "static", vni: 200, idleSeconds: null }]);
  });

  it("shows a held MAC as local without a place", () => {
    const [held] = list({ mac: "02:00:00:00:00:04" });
    expect(held).toMatchObject({ where: "local", interface: null, vtep: null, held: true, idleSeconds: 10 });
  });

  it("selects by every key", () => {
    expect(macs({ bridgeDomain: "blue" })).toEqual(["02:00:00:00:00:03"]);
    expect(macs({ vni: 200 })).toEqual(["02:00:00:00:00:03"]);
    expect(macs({ interface: "eth1" })).toEqual(["02:00:00:00:00:01"]);
    expect(macs({ vlan: 10 })).toEqual(["02:00:00:00:00:02"]);
    expect(macs({ vlan: 0 })).toEqual(["02:00:00:00:00:01"]);
    expect(macs({ vtep: "2001:db8::3" })).toEqual(["02:00:ff:00:00:01"]);
    expect(macs({ vtep: "2001:0DB8:0:0::3" })).toEqual(["02:00:ff:00:00:01"]);
    expect(macs({ vtep: "nowhere" })).toEqual([]);
    expect(macs({ mac: "02:00:FF:00:00:01" })).toEqual(["02:00:ff:00:00:01"]);
    expect(macs({ where: "remote" })).toHaveLength(3);
    expect(macs({ where: "local" })).toHaveLength(3);
    expect(macs({ origin: "evpn" })).toEqual(["03:00:00:00:00:09"]);
    expect(macs({ bridgeDomain: "red", where: "remote", origin: "learned" })).toEqual(["02:00:ff:00:00:01"]);
    expect(macs({ mac: "not a mac" })).toEqual([]);
    expect(macs({ bridgeDomain: "nobody" })).toEqual([]);
  });

  it("survives a wrap of the clock and a frame after the reading of it", () => {
    const tables = buildTables();
    tables.fdb.set(RED, 0x0200, 0x10, FdbKind.LOCAL, 1, 0, 0xfffffff6);
    tables.fdb.set(RED, 0x0200, 0x11, FdbKind.LOCAL, 1, 0, 8);
    const idle = (mac: string) => [...fdbViews(tables, names, 5, { mac })][0]?.idleSeconds;
    expect(idle("02:00:00:00:00:10")).toBe(1.5);
    expect(idle("02:00:00:00:00:11")).toBe(0);
  });

  it("bears a table that changes while it is read", () => {
    const tables = buildTables();
    const views = fdbViews(tables, names, NOW, { bridgeDomain: "red" });
    expect(views.next().value?.mac).toBe("02:00:00:00:00:01");
    tables.fdb.delete(RED, 0x0200, 2);
    // The table grows: every slot moves.
    for (let lo = 0x1000; lo < 0x2000; lo++) tables.fdb.set(RED, 0x0400, lo, FdbKind.LOCAL, 1, 0, NOW);
    expect([...views].map(({ mac }) => mac)).toEqual(["02:00:00:00:00:04", "02:00:ff:00:00:01", "03:00:00:00:00:09"]);
  });
});

describe("VTEPs as views", () => {
  it("says which domains they flood and the way to them", () => {
    const [first, second] = vtepViews(buildTables(), names, dataPathCounters());
    expect(first).toMatchObject({
      address: "10.0.0.2",
      bridgeDomains: ["red", "blue"],
      underlay: [{ interface: "up0", via: "fe80::1", mac: "02:00:00:00:ff:01", reason: "" }],
      underlayReason: "",
      pathMtu: null,
      known: true,
      macCount: 2,
      routers: [{ vrf: "tenant", l3vni: 5000, routerMac: "02:00:00:00:aa:02" }],
    });
    expect(second).toMatchObject({
      address: "2001:db8::3",
      bridgeDomains: ["red"],
      underlay: [{ interface: "up0", via: "fe80::2", mac: null, reason: "incomplete" }],
      underlayReason: "no neighbour",
      pathMtu: 1400,
      known: false,
    });
  });

  it("leaves out those that are gone", () => {
    const tables = buildTables();
    tables.vteps.clear(1);
    expect(vtepViews(tables, names, dataPathCounters()).map(({ address }) => address)).toEqual(["2001:db8::3"]);
  });
});

describe("one MAC with what it is resolved through", () => {
  const pathOf = (mac: string) => macPathViews(buildTables(), names, NOW, mac);

  it("goes from the MAC to the legs of its VTEP", () => {
    const [remote] = [...fdbViews(buildTables(), names, NOW, { where: "remote", vtep: "10.0.0.2" })];
    const [leg] = vtepViews(buildTables(), names, dataPathCounters())[0]!.underlay;
    const ways = [{ vtep: "10.0.0.2", underlay: [leg], underlayReason: "" }];
    expect(pathOf(remote!.mac)[0]).toEqual({ ...remote, addresses: expect.any(Array), ways });
  });

  it("ends at the port of a local one, with the addresses bound to it", () => {
    const [binding] = [...neighborViews(buildTables(), names, NOW)].filter(({ origin }) => origin === "learned");
    const path = pathOf(binding!.mac).find(({ bridgeDomain }) => bridgeDomain === binding!.bridgeDomain);
    expect(path).toMatchObject({ where: "local", ways: [] });
    expect(path!.addresses).toContain(binding!.ip);
  });

  it("is nothing where nobody knows it", () => {
    expect(pathOf("02:ee:ee:ee:ee:ee")).toEqual([]);
  });
});

describe("bridge domains as views", () => {
  it("joins config and counts", () => {
    const [red, blue] = bridgeDomainViews(buildTables(), names, dataPathCounters());
    expect(red).toMatchObject({
      name: "red",
      vni: 100,
      ageing: 300,
      portCount: 2,
      floodPortCount: 2,
      vtepCount: 2,
      macCount: 5,
      vrf: "tenant",
      neighborCount: 2,
    });
    const counts = { portCount: 1, floodPortCount: 0, vtepCount: 1, macCount: 1, neighborCount: 1 };
    expect(blue).toMatchObject({ name: "blue", vrf: null, gateway: null, ...counts });
  });
});

describe("drops as views", () => {
  it("adds both counts of one place, most packets first", () => {
    const tables = buildTables();
    tables.counters.drop(Drop.RUNT, ETH1, RED);
    tables.counters.drop(Drop.UNKNOWN_VNI, UP0, 0);
    const counters = dataPathCounters([
      { reason: Drop.RUNT, slot: ETH1, bd: RED, packets: 4 },
      { reason: Drop.RUNT, slot: ETH2, bd: RED, packets: 0 },
    ]);
    expect(dropViews(tables, names, counters)).toEqual([
      { reason: "runt", interface: "eth1", bridgeDomain: "red", packets: 5 },
      { reason: "unknown_vni", interface: "up0", bridgeDomain: null, packets: 1 },
    ]);
  });

  it("names every reason of the ABI, and those of a newer one by number", () => {
    expect(Object.values(Drop).map(dropReasonName)).toEqual(
      Object.values(Drop).map((number) => dropReasonNames[number]),
    );
    expect(dropReasonName(999)).toBe("reason_999");
    expect(dropViews(buildTables(), names, dataPathCounters([{ reason: 999, slot: 99, bd: 99, packets: 1 }]))).toEqual([
      { reason: "reason_999", interface: null, bridgeDomain: null, packets: 1 },
    ]);
  });
});
