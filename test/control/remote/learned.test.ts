/** What the control plane tells of VTEPs, segments and next hops, without a kernel. */
import { beforeEach, describe, expect, it } from "vitest";
import { FdbFlag, FdbKind } from "../../../src/abi/generated.js";
import { BridgeDomainControl } from "../../../src/control/bridge_domains.js";
import { mappedAddress } from "../../../src/control/mapped_address.js";
import { RemoteMacs } from "../../../src/control/remote/macs.js";
import { RemoteVteps } from "../../../src/control/remote/vteps.js";
import { HostEntries } from "../../../src/control/routing/host_entries.js";
import { RouteControl } from "../../../src/control/routing/routes.js";
import { VrfControl } from "../../../src/control/routing/vrfs.js";
import { Tables } from "../../../src/tables/tables.js";
import { parseMac } from "../../../src/wire/ethernet.js";
import { intentOf } from "../frr/mirror_lab.js";
import { FakeClock } from "../vtep/lab.js";

const CONFIG = `
vtep: { address: 10.0.0.1, underlay: [up0] }
vrfs:
  - { name: red, l3vni: 5000, routerMac: 02:00:00:00:50:01 }
  - { name: blue, l3vni: 6000, routerMac: 02:00:00:00:60:01 }
bridgeDomains: [{ name: lan, vni: 100 }]
ports: []
`;
const [V2, V3] = ["10.0.0.2", "10.0.0.3"];

describe("what the control plane tells", () => {
  let tables: Tables;
  let vteps: RemoteVteps;
  let routes: RouteControl;
  let macs: RemoteMacs;
  let bd: number;
  const mac = (text: string) => parseMac(text)!;
  const none = { vteps: new Map() };

  beforeEach(() => {
    tables = new Tables();
    const intent = intentOf(CONFIG);
    tables.setSettings(intent.settings);
    const domains = new BridgeDomainControl(tables);
    const vrfs = new VrfControl(tables);
    vteps = new RemoteVteps(tables, domains, () => {});
    macs = new RemoteMacs(tables, domains, vteps, new FakeClock());
    routes = new RouteControl(tables, vrfs, new HostEntries(tables), (name) => domains.idOf(name), vteps);
    vrfs.reconcile(intent.vrfs);
    domains.reconcile(intent.bridgeDomains);
    bd = domains.idOf("lan");
    tables.deltas.clear();
  });

  const followed = () => {
    tables.deltas.clear();
    routes.sweep();
    vteps.sweep();
    vteps.settle();
  };
  const learn = (vrf: string, prefix: string, length: number, ...hops: string[]) => {
    const targets = hops.map((vtep) => ({ vrf, vtep }));
    routes.learn(vrf, mappedAddress(prefix), length, { targets, owner: "" });
  };

  it("a VTEP stays while something names it, and its number is another's only when the data path has followed", () => {
    const id = vteps.holdAddress(V2);
    expect([vteps.holdAddress(V2), vteps.idOf(V2), tables.vteps.isKnown(id)]).toEqual([id, id, true]);
    vteps.letGo(id);
    vteps.settle();
    expect(vteps.idOf(V2)).toBe(id);
    vteps.letGo(id);
    vteps.settle();
    expect(vteps.idOf(V2)).toBe(0);
    const next = vteps.holdAddress(V3);
    expect(next).not.toBe(id);
    vteps.sweep();
    expect(vteps.holdAddress("10.0.0.4")).toBe(id);
  });

  it("a VTEP that is let go and named again in one turn is not touched", () => {
    const id = vteps.holdAddress(V2);
    vteps.settle();
    tables.deltas.clear();
    vteps.letGo(id);
    expect(vteps.holdAddress(V2)).toBe(id);
    vteps.settle();
    expect(tables.deltas.empty).toBe(true);
  });

  it("a VTEP of the config outlives the control plane's word, and the other way round", () => {
    const static2 = new Map([[V2, { address: V2, bridgeDomains: ["lan"] }]]);
    vteps.reconcile(static2);
    const id = vteps.holdAddress(V2);
    vteps.reconcile(none.vteps);
    expect(vteps.idOf(V2)).toBe(id);
    expect([...tables.bridgeDomains.floodVteps[bd]!]).toEqual([]);
    vteps.reconcile(static2);
    vteps.letGo(id);
    vteps.settle();
    expect(vteps.idOf(V2)).toBe(id);
    expect([...tables.bridgeDomains.floodVteps[bd]!]).toEqual([id]);
  });

  it("flows to a segment take the VTEPs that can be reached, whichever came first", () => {
    const [two, three] = [vteps.holdAddress(V2), vteps.holdAddress(V3)];
    const segment = vteps.segments.hold("es");
    const taken = () => [...new Set(tables.segments.bucketsOf(segment))].sort();
    expect(taken()).toEqual([0]);
    vteps.segments.define(segment, [two, three]);
    expect(taken()).toEqual([two, three]);
    tables.vteps.group[three] = 7;
    vteps.segments.reachabilityChanged(three);
    expect(taken()).toEqual([three]);
    tables.vteps.group[two] = 7;
    vteps.segments.reachabilityChanged(two);
    expect(taken()).toEqual([two, three]);
    vteps.segments.letGo(segment);
    vteps.settle();
    expect(taken()).toEqual([0]);
  });

  it("a MAC moves between the config, our ports and the control plane as each may", () => {
    const two = vteps.holdAddress(V2);
    expect(macs.learn(bd, 1, 2, FdbKind.REMOTE, two, false)).toBe("set");
    tables.deltas.clear();
    expect(macs.learn(bd, 1, 2, FdbKind.REMOTE, two, false)).toBe("set");
    expect(tables.deltas.empty).toBe(true);
    tables.fdb.set(bd, 1, 2, FdbKind.LOCAL, 9, 0, 0);
    macs.withdraw(bd, 1, 2);
    expect(tables.fdb.countByPort[9]).toBe(1);
    expect(macs.learn(bd, 1, 2, FdbKind.REMOTE, two, true)).toBe("set");
    expect(tables.fdb.countByPort[9]).toBe(0);
    tables.fdb.set(bd, 1, 2, FdbKind.LOCAL, 9, FdbFlag.STICKY, 0);
    expect(macs.learn(bd, 1, 2, FdbKind.REMOTE, two, false)).toBe("kept");
  });

  it("S58: a VTEP has a router MAC for each VRF, and one that changes is one write", () => {
    learn("red", "10.1.0.0", 112, V2);
    learn("blue", "10.1.0.0", 112, V2);
    learn("blue", "10.2.0.0", 112, V2);
    routes.setRouterMac({ vrf: "red", vtep: V2 }, mac("02:00:00:00:00:0a"));
    routes.setRouterMac({ vrf: "blue", vtep: V2 }, mac("02:00:00:00:00:0b"));
    const shown = () =>
      Array.from(routes.all(), ({ vrf, prefix, targets }) => `${vrf} ${prefix} ${JSON.stringify(targets)}`).sort();
    const hop = (lo: number) => `[{"vtep":"10.0.0.2","routerMac":{"hi":512,"lo":${lo}}}]`;
    expect(shown()).toEqual([
      `blue 10.1.0.0/16 ${hop(11)}`,
      `blue 10.2.0.0/16 ${hop(11)}`,
      `red 10.1.0.0/16 ${hop(10)}`,
    ]);
    followed();
    routes.setRouterMac({ vrf: "blue", vtep: V2 }, mac("02:00:00:00:00:0c"));
    const { paths, routes: sets, prefixes } = tables.deltas;
    expect([paths.size, sets.size, prefixes.length]).toEqual([1, 0, 0]);
    expect(shown()[2]).toBe(`red 10.1.0.0/16 ${hop(10)}`);
  });

  it("a VTEP less moves only the flows that it had", () => {
    for (const vtep of [V2, V3, "10.0.0.4"]) routes.setRouterMac({ vrf: "red", vtep }, mac("02:00:00:00:00:0a"));
    learn("red", "10.1.0.0", 112, V2, V3, "10.0.0.4");
    const set = () => tables.prefixes.find(1, mappedAddress("10.1.0.0"), 112);
    const before = Uint16Array.from(tables.routes.bucketsOf(set()));
    const gone = [...before].filter((path) => tables.routes.pathVtep[path] === vteps.idOf(V3));
    learn("red", "10.1.0.0", 112, V2, "10.0.0.4");
    const after = tables.routes.bucketsOf(set());
    expect([...after].filter((path, bucket) => path !== before[bucket])).toHaveLength(gone.length);
    followed();
    expect(vteps.idOf(V3)).toBe(0);
  });

  it("an IPv6 default route draws no IPv4 packets", () => {
    routes.setRouterMac({ vrf: "red", vtep: V2 }, mac("02:00:00:00:00:0a"));
    const setOf4 = () => tables.prefixes.lookup(1, 0, 0, 0xffff, 0x0a000001);
    const drops = () => setOf4() !== 0 && tables.routes.pathOf(setOf4(), 0) === 0;
    learn("red", "::", 0, V2);
    expect(drops()).toBe(true);
    learn("red", "0.0.0.0", 96, V2);
    expect(tables.routes.pathOf(setOf4(), 0)).not.toBe(0);
    routes.withdraw("red", mappedAddress("0.0.0.0"), 96);
    expect(drops()).toBe(true);
    routes.withdraw("red", mappedAddress("::"), 0);
    expect(setOf4()).toBe(0);
    followed();
    expect(Array.from(tables.prefixes.entries())).toEqual([]);
  });

  it("thousands of routes with the same next hops share one set", () => {
    routes.setRouterMac({ vrf: "red", vtep: V2 }, mac("02:00:00:00:00:0a"));
    const hops = { targets: [{ vrf: "red", vtep: V2 }], owner: "" };
    for (let host = 0; host < 5_000; host++)
      routes.learn("red", mappedAddress(`10.9.${host >> 8}.${host & 255}`), 128, hops);
    expect([tables.deltas.routes.size, tables.deltas.paths.size, tables.hosts.count]).toEqual([1, 1, 5_000]);
    expect(routes.countOf("red")).toBe(5_000);
    routes.removeVrf("red");
    followed();
    expect([routes.countOf("red"), tables.hosts.count, vteps.idOf(V2)]).toEqual([0, 0, 0]);
  });
});
