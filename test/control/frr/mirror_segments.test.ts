// MACs behind a segment of ours, as a kernel with VLANs in its bridges tells of them; with no kernel, since this one's
// bridges may know none. vx100 is interface 2, bond0 is 3, br100 is 4.
import { beforeEach, describe, expect, it } from "vitest";
import { FdbFlag, FdbKind } from "../../../src/abi/generated.js";
import { parseConfig } from "../../../src/config/load.js";
import { BridgeDomainControl } from "../../../src/control/bridge_domains.js";
import { MacMirror } from "../../../src/control/frr/mirror/macs.js";
import { Marks } from "../../../src/control/frr/mirror/marks.js";
import { NexthopMirror } from "../../../src/control/frr/mirror/nexthops.js";
import { SegmentMirror } from "../../../src/control/frr/mirror/segments.js";
import { Subjects } from "../../../src/control/frr/mirror/subjects.js";
import type { Place } from "../../../src/control/frr/places.js";
import { ForwardingEntry, NeighborFlag, NeighborState } from "../../../src/control/netlink/index.js";
import { RemoteMacs } from "../../../src/control/remote/macs.js";
import { RemoteVteps } from "../../../src/control/remote/vteps.js";
import { intentFromConfig } from "../../../src/control/static/from_config.js";
import { Tables } from "../../../src/tables/tables.js";
import { FakeClock } from "../vtep/lab.js";

const [VXLAN, BOND, BRIDGE] = [2, 3, 4];
const PORT = 9;
const VLAN = 2;
const V2 = { hasDestination: true, word2: 0xffff, word3: 0x0a000002 };
const { self, extLearned } = NeighborFlag;
const { reachable, noArp } = NeighborState;
const [HI, LO] = [0x02aa, 0x00000101];
const CONFIG = `
vtep: { address: 10.0.0.1, underlay: [up0] }
bridgeDomains: [{ name: red, vni: 100 }]
ports: []
`;

describe("MACs behind a segment of ours", () => {
  let tables: Tables;
  let vteps: RemoteVteps;
  let mirror: MacMirror;
  let bd: number;

  beforeEach(() => {
    tables = new Tables();
    const domains = new BridgeDomainControl(tables);
    const loaded = parseConfig(CONFIG, "test.yaml");
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    domains.reconcile(intentFromConfig(loaded.config).bridgeDomains);
    bd = domains.idOf("red");
    vteps = new RemoteVteps(tables, domains, () => {});
    const macs = new RemoteMacs(tables, domains, vteps, new FakeClock());
    const [marks, subjects] = [new Marks(), new Subjects()];
    const segments = new SegmentMirror("", vteps, new NexthopMirror(marks));
    const objects = { place: { name: "" } as Place, bridgeDomain: "red", bridge: BRIDGE, vxlan: VXLAN, port: 5 };
    subjects.update([objects], []);
    for (const subject of subjects.allDomains()) subjects.bindDomain(subject, bd);
    const segmentPort = (ifindex: number) => (ifindex === BOND ? PORT : 0);
    mirror = new MacMirror({
      ...{ tables, domains, vteps, macs, segments, subjects, marks, segmentPort, halfTold: () => {} },
    });
  });

  function hear(fields: Partial<ForwardingEntry>, removed = false): void {
    const entry = Object.assign(new ForwardingEntry(), { hi: HI, lo: LO, state: reachable, ...fields });
    mirror.take(entry, removed, false);
  }
  const onBond = (removed = false, vlan = VLAN) => hear({ ifindex: BOND, master: BRIDGE, vlan, state: noArp }, removed);
  const onTunnel = (vlan: number) => hear({ ifindex: VXLAN, master: BRIDGE, vlan, flags: extLearned });
  const behindV2 = () => hear({ ifindex: VXLAN, flags: self | extLearned, ...V2 });
  const place = () => {
    const slot = tables.fdb.find(bd, HI, LO);
    return slot < 0 ? "nowhere" : `${tables.fdb.kindAt(slot)} ${tables.fdb.targetAt(slot)} ${tables.fdb.flagsAt(slot)}`;
  };
  const here = `${FdbKind.LOCAL} ${PORT} ${FdbFlag.EVPN}`;

  it("heard of by another VTEP of the segment, they are at our port", () => {
    onBond();
    expect(place()).toBe(here);
    onBond(true);
    expect(place()).toBe("nowhere");
  });

  it("what we announce ourselves there, without a VLAN, says nothing", () => {
    onBond(false, 0);
    expect(place()).toBe("nowhere");
  });

  it("seen by ourselves, they stay ours, also when zebra has had enough of them", () => {
    tables.fdb.set(bd, HI, LO, FdbKind.LOCAL, PORT, 0, 0);
    onBond();
    onBond(true);
    expect(place()).toBe(`${FdbKind.LOCAL} ${PORT} 0`);
  });

  it("from behind a VTEP to the segment, and back; what is left of the tunnel's entry changes nothing", () => {
    onTunnel(0);
    onTunnel(VLAN);
    behindV2();
    const there = `${FdbKind.REMOTE} ${vteps.idOf("10.0.0.2")} ${FdbFlag.EVPN}`;
    expect(place()).toBe(there);
    onBond(false, 0);
    onBond();
    expect(place()).toBe(here);
    hear({ ifindex: VXLAN, flags: self | extLearned, ...V2 }, true);
    expect(place()).toBe(here);
    onTunnel(0);
    onTunnel(VLAN);
    expect(place()).toBe("nowhere");
    behindV2();
    expect(place()).toBe(there);
  });

  it("back behind the VTEP where it was before, of which the kernel does not speak again", () => {
    onTunnel(VLAN);
    behindV2();
    onBond();
    onTunnel(VLAN);
    expect([place(), [...mirror.halfToldDomains()]]).toEqual(["nowhere", ["red"]]);
    expect(mirror.placeAt(bd, HI, LO, "10.0.0.2")).toBe(true);
    expect(place()).toBe(`${FdbKind.REMOTE} ${vteps.idOf("10.0.0.2")} ${FdbFlag.EVPN}`);
    expect([mirror.placeAt(bd, HI, LO, "10.0.0.3"), [...mirror.halfToldDomains()]]).toEqual([false, []]);
  });

  it("with our leg down they are behind the others, of whom the kernel may not have been told", () => {
    onBond();
    onTunnel(VLAN);
    expect([place(), [...mirror.halfToldDomains()]]).toEqual(["nowhere", ["red"]]);
    expect(mirror.placeBehind(bd, HI, LO, 536870913)).toBe(true);
    expect(place()).toMatch(new RegExp(`^${FdbKind.SEGMENT} \\d+ ${FdbFlag.EVPN}$`));
    onBond();
    expect([place(), [...mirror.halfToldDomains()]]).toEqual([here, []]);
    expect(mirror.placeBehind(bd, HI, LO, 536870913)).toBe(false);
    expect(place()).toBe(here);
  });
});
