// A small VTEP built by hand: two domains, three ports on two interfaces, two VTEPs, a few MACs.
//
//   eth1 (untagged) ─┐                        ┌─ 10.0.0.2
//   eth2 VLAN 10 ────┤ red  VNI 100 ── up0 ───┤
//   eth2 VLAN 20 ──── blue VNI 200            └─ 2001:db8::3

import { FdbFlag, FdbKind, InterfaceFlag, Limit, PortFlag, RemoteFlag } from "../../src/abi/generated.js";
import { Traffic } from "../../src/tables/counters.js";
import { NeighborFlag } from "../../src/tables/neighbor.js";
import { Tables } from "../../src/tables/tables.js";
import type { PortFacts, VtepNames } from "../../src/telemetry/names.js";
import type { DataPathCounters } from "../../src/telemetry/traffic.js";
import type { BridgeDomainSettings } from "../../src/telemetry/view_types.js";

export const RED = 1;
export const BLUE = 2;
export const TENANT = 1;
export const ETH1 = 1;
export const ETH2 = 2;
export const UP0 = 3;
export const NOW = 1000;

const slots = ["", "eth1", "eth2", "up0"];
const domains = ["", "red", "blue"];

export function settings(name: string, vni: number): BridgeDomainSettings {
  return {
    name,
    vni,
    learning: true,
    learnRemote: false,
    ageing: 300,
    arpSuppression: false,
    unknownArp: "flood",
    knownArp: "reply",
    unknownNdOptions: "unicast-forward",
    maxBindings: 16_384,
    liveness: { interval: 60, probes: 3, retry: 1 },
    duplicateDetection: { moves: 5, seconds: 180, freeze: 600 },
    unknownUnicast: "flood",
    unknownUnicastHold: 40,
    mobility: "allow",
  };
}

const byQueue = { delivery: "queue", deliveryReason: "" } as const;
const forwarding = { state: "forwarding", stateReason: "", hook: "tc", hookReason: "a veth", ...byQueue } as const;

export const ports: readonly PortFacts[] = [
  { port: 1, interface: "eth1", vlan: 0, bridgeDomain: "red", ...forwarding },
  { port: 2, interface: "eth2", vlan: 10, bridgeDomain: "red", ...forwarding },
  {
    port: 3,
    interface: "eth2",
    vlan: 20,
    bridgeDomain: "blue",
    state: "down",
    stateReason: "no carrier",
    hook: null,
    hookReason: "",
    ...byQueue,
  },
];

export const names: VtepNames = {
  ports: () => ports,
  bridgeDomains: () => [
    { bd: RED, config: { ...settings("red", 100), vrf: "tenant" } },
    { bd: BLUE, config: settings("blue", 200) },
  ],
  bridgeDomain: (bd) => domains[bd] ?? "",
  interface: (slot) => slots[slot] ?? "",
  underlay: (vtep) =>
    vtep === 1
      ? { legs: [{ interface: "up0", via: "fe80::1", mac: "02:00:00:00:ff:01" }] }
      : { legs: [{ interface: "up0", via: "fe80::2", mac: null, reason: "incomplete" }], reason: "no neighbour" },
  vrfs: () => [
    {
      vrf: TENANT,
      config: { name: "tenant", l3vni: 5000, routerMac: "02:00:00:00:50:01", irb: "symmetric" },
      routeCount: 2,
    },
    { vrf: 2, config: { name: "local", irb: "asymmetric" }, routeCount: 0 },
  ],
  vrf: (vrf) => ["", "tenant", "local"][vrf] ?? "",
  routes: () => [
    { vrf: "tenant", prefix: "192.0.2.0/24", targets: [{ bridgeDomain: "red" }] },
    {
      vrf: "tenant",
      prefix: "0.0.0.0/0",
      targets: [
        { vtep: "10.0.0.2", routerMac: { hi: 0x0200, lo: 0xaa02 } },
        { vtep: "2001:db8::3", routerMac: { hi: 0x0200, lo: 0xaa03 } },
      ],
    },
    {
      vrf: "tenant",
      prefix: "198.51.100.0/24",
      targets: [
        { bridgeDomain: "red", gateway: "192.0.2.7", mac: { hi: 0x0200, lo: 7 } },
        { bridgeDomain: "red", gateway: "fe80::8", mac: undefined },
      ],
    },
  ],
  neighbor: (index) => ({ state: index === 1 ? "reachable" : "permanent", isHeard: index === 1 }),
};

export function mapped(a: number, b: number, c: number, d: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d);
}

export function buildTables(): Tables {
  const tables = new Tables();
  const { interfaces, bridgeDomains, vteps } = tables;
  interfaces.set(ETH1, "eth1", 11, 0, 1500);
  interfaces.set(ETH2, "eth2", 12, 0, 1500);
  interfaces.set(UP0, "up0", 13, InterfaceFlag.UPLINK, 1550);
  bridgeDomains.set(RED, 100, 0, 3000, 400);
  bridgeDomains.set(BLUE, 200, 0, 3000, 400);
  for (const { port, interface: name, vlan, bridgeDomain } of ports) {
    const macLimit = port === 2 ? 5 : 0;
    const fixed = { flags: PortFlag.ENABLED, violation: 0, learnFlags: 0, allow: undefined, stormRates: [] };
    tables.ports.set(port, { slot: slots.indexOf(name), vlan, bd: domains.indexOf(bridgeDomain), macLimit, ...fixed });
  }
  vteps.set(1, mapped(10, 0, 0, 2), RemoteFlag.KNOWN, tables.settings);
  vteps.set(2, Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3), 0, tables.settings);
  vteps.setPathMtu(2, 1400);
  bridgeDomains.setFloodPorts(RED, [1, 2]);
  bridgeDomains.setFloodVteps(RED, [1, 2]);
  bridgeDomains.setFloodVteps(BLUE, [1]);
  addMacs(tables);
  bridgeDomains.setGateway(RED, TENANT, 0x0200, 0x1111, []);
  tables.neighbors.set(RED, mapped(192, 0, 2, 9), 0x0200, 1, 0, NOW - 30);
  tables.neighbors.set(BLUE, mapped(192, 0, 2, 1), 0x0200, 2, NeighborFlag.STATIC, NOW);
  tables.neighbors.set(RED, mapped(192, 0, 2, 4), 0x0200, 3, NeighborFlag.EVPN, NOW);
  return tables;
}

function addMacs({ fdb }: Tables): void {
  fdb.set(BLUE, 0x0200, 0x00000003, FdbKind.REMOTE, 1, FdbFlag.STATIC, 0);
  fdb.set(RED, 0x0200, 0x00000002, FdbKind.LOCAL, 2, FdbFlag.STICKY, NOW - 15);
  // The highest bit of the low word: an entry that signed numbers would sort before all others.
  fdb.set(RED, 0x0200, 0xff000001 | 0, FdbKind.REMOTE, 2, 0, NOW - 25);
  fdb.set(RED, 0x0200, 0x00000001, FdbKind.LOCAL, 1, 0, NOW);
  fdb.set(RED, 0x0300, 0x00000009, FdbKind.REMOTE, 1, FdbFlag.EVPN, 0);
  fdb.set(RED, 0x0200, 0x00000004, FdbKind.HELD, 0, 0, NOW - 100);
}

/** What an eBPF data path would have counted beside the engine. */
export function dataPathCounters(drops: DataPathCounters["drops"] = []): DataPathCounters {
  return {
    ports: new Float64Array(Limit.MAX_PORTS * Traffic.FIELDS),
    vteps: new Float64Array(Limit.MAX_VTEPS * Traffic.FIELDS),
    bridgeDomains: new Float64Array(Limit.MAX_BDS * Traffic.FIELDS),
    drops,
  };
}
