import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { titled, unavailable } from "../netlink/kernel.js";
import { needsFragments } from "../remote/router_errors.js";
import { ControlLab } from "./lab.js";

const PATIENCE = { timeout: 20_000, interval: 10 };
const V2 = "10.255.0.2";
const V3 = "10.255.0.3";

const config = (vteps: readonly string[]): string => `
vtep: { address: 10.255.0.1, underlay: [up0, up1], df: set }
bridgeDomains: [{ name: red, vni: 100 }]
ports: [{ interface: eth1, bridgeDomain: red }]
control:
  static:
    vteps: [${vteps.map((address) => `{ address: ${address}, bridgeDomains: [red] }`).join(", ")}]
`;

describe.skipIf(unavailable !== null)(titled("path MTU with a real kernel"), () => {
  let lab: ControlLab;

  beforeEach(async () => {
    lab = new ControlLab();
    await lab.open();
    lab.topology.near.ip(`route add ${V2}/32 via 10.0.0.2`, `route add ${V3}/32 via 10.0.0.2 mtu 1300`);
  });

  afterEach(() => {
    lab.close();
  });

  const idOf = (address: string): number => lab.control.vteps.idOf(address);
  const learnedOf = (address: string): number => lab.tables.vteps.pathMtuBytes[idOf(address)]!;

  /** Of the next hop's link and route. */
  function linkMtuOf(address: string): number {
    const { groups, vteps, adjacencies } = lab.tables;
    return adjacencies.mtuBytes[groups.adjacencyOf(vteps.group[idOf(address)]!, 7)]!;
  }

  it("is that of each route, though both lead by one neighbour", async () => {
    await lab.apply(config([V2, V3]));
    await vi.waitFor(() => expect([linkMtuOf(V2), linkMtuOf(V3)]).toEqual([1500, 1300]), PATIENCE);
  });

  it("learned from a router reaches the data path, and lasts through reload until its time is over", async () => {
    await lab.apply(config([V2, V3]));
    await vi.waitFor(() => expect(linkMtuOf(V2)).toBe(1500), PATIENCE);
    lab.control.onUnderlayError(needsFragments({ mtu: 1400 }));
    expect([learnedOf(V2), learnedOf(V3)]).toEqual([1400, 0]);
    await vi.waitFor(() => expect(lab.tables.deltas.empty).toBe(true), PATIENCE);
    await lab.apply(config([V2]));
    expect(learnedOf(V2)).toBe(1400);
    lab.clock.advance(600_000);
    expect(learnedOf(V2)).toBe(0);
    expect(lab.told.filter(({ kind }) => String(kind).startsWith("path_mtu"))).toEqual([
      { kind: "path_mtu_learned", vtep: V2, mtu: 1400 },
      { kind: "path_mtu_expired", vtep: V2 },
    ]);
  });

  it("is no news where the route says less", async () => {
    await lab.apply(config([V3]));
    await vi.waitFor(() => expect(linkMtuOf(V3)).toBe(1300), PATIENCE);
    lab.control.onUnderlayError(needsFragments({ to: V3, mtu: 1400 }));
    expect(learnedOf(V3)).toBe(0);
  });

  it("goes with its VTEP", async () => {
    await lab.apply(config([V2]));
    lab.control.onUnderlayError(needsFragments({ mtu: 1400 }));
    await lab.apply(config([]));
    await lab.apply(config([V2]));
    expect(learnedOf(V2)).toBe(0);
  });
});
