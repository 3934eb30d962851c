import { describe, expect, it } from "vitest";
import { neighborViews, routeViews, vrfViews } from "../../src/telemetry/views.js";
import { BLUE, buildTables, mapped, NOW, names, RED } from "./hand_built.js";

describe("bindings as views", () => {
  it("stand by domain and address, with who said so", () => {
    const [evpn, learned, fixed] = neighborViews(buildTables(), names, NOW);
    expect(learned).toEqual({
      bridgeDomain: "red",
      vrf: "tenant",
      ip: "192.0.2.9",
      mac: "02:00:00:00:00:01",
      origin: "learned",
      state: "reachable",
      idleSeconds: 3,
    });
    expect(evpn).toMatchObject({ ip: "192.0.2.4", origin: "evpn", idleSeconds: null });
    expect(fixed).toMatchObject({ bridgeDomain: "blue", vrf: null, origin: "static", state: "permanent" });
  });

  it("leave out what went meanwhile", () => {
    const tables = buildTables();
    const views = neighborViews(tables, names, NOW);
    expect(views.next().value).toMatchObject({ ip: "192.0.2.4" });
    tables.neighbors.delete(tables.neighbors.findAddress(RED, mapped(192, 0, 2, 9)));
    expect(views.next().value).toMatchObject({ ip: "192.0.2.1" });
    tables.neighbors.delete(tables.neighbors.findAddress(BLUE, mapped(192, 0, 2, 1)));
    expect(views.next().done).toBe(true);
  });
});

describe("routes as views", () => {
  it("lead to a domain, to a router in one, or to VTEPs by the VRF's L3 VNI", () => {
    expect([...routeViews(names)]).toEqual([
      { vrf: "tenant", prefix: "192.0.2.0/24", nexthops: [{ bridgeDomain: "red" }] },
      {
        vrf: "tenant",
        prefix: "0.0.0.0/0",
        nexthops: [
          { vtep: "10.0.0.2", l3vni: 5000, routerMac: "02:00:00:00:aa:02" },
          { vtep: "2001:db8::3", l3vni: 5000, routerMac: "02:00:00:00:aa:03" },
        ],
      },
      {
        vrf: "tenant",
        prefix: "198.51.100.0/24",
        nexthops: [
          { bridgeDomain: "red", gateway: "192.0.2.7", mac: "02:00:00:00:00:07" },
          { bridgeDomain: "red", gateway: "fe80::8", mac: null },
        ],
      },
    ]);
  });
});

describe("VRFs as views", () => {
  it("join config and counts", () => {
    const tenant = { l3vni: 5000, routerMac: "02:00:00:00:50:01", irb: "symmetric", table: null };
    const local = { l3vni: null, routerMac: null, irb: "asymmetric", table: null };
    expect(vrfViews(buildTables(), names)).toEqual([
      { name: "tenant", ...tenant, bridgeDomains: ["red"], routeCount: 2, neighborCount: 2 },
      { name: "local", ...local, bridgeDomains: [], routeCount: 0, neighborCount: 0 },
    ]);
  });
});
