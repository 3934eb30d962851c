// A VTEP in memory as the engine's cases need it: two access ports and an uplink, eight remote VTEPs, 256 hosts on each
// side. One flow is one frame in a slot of its own, because that is how the frames of a receive pool lie.
import { Family, FdbKind, InterfaceFlag, PortFlag, RemoteFlag } from "../../dist/abi/generated.js";
import { Tables } from "../../dist/tables/tables.js";
import { readMac } from "../../dist/wire/ethernet.js";
import { addressBytes, macBytes } from "../frames.mjs";

export const FLOWS = 256;
export const VTEPS = 8;
const BD = 1;
const VNI = 100;
const LOCAL = "10.0.0.1";
const [UPLINK, ACCESS, OTHER_ACCESS] = [1, 2, 3];
export const slots = { UPLINK, ACCESS, OTHER_ACCESS };
const [PORT, OTHER_PORT] = [1, 2];

export const localHost = (flow) => macBytes(0x02_01_00, flow);
export const neighbourHost = (flow) => macBytes(0x02_02_00, flow);
export const remoteHost = (flow) => macBytes(0x02_03_00, flow);
export const vtepAddress = (vtep) => `10.0.1.${vtep}`;
export const vtepOf = (flow) => (flow % VTEPS) + 1;

export const underlay = {
  vni: VNI,
  localAddress: LOCAL,
  mac: macBytes(0x02_aa_00, 1),
  routerMac: macBytes(0x02_aa_00, 2),
};

function mapped(address) {
  return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...addressBytes(address)]);
}

function addInterface(tables, slot, name, flags) {
  tables.interfaces.set(slot, name, 100 + slot, flags, 1600);
}

function addPort(tables, port, slot) {
  const flags = PortFlag.ENABLED | PortFlag.LEARNING;
  const policy = { macLimit: 0, violation: 0, learnFlags: 0, allow: undefined, stormRates: [] };
  tables.ports.set(port, { slot, vlan: 0, bd: BD, flags, ...policy });
  tables.interfaces.attach(slot, 0, port);
}

function addVtep(tables, vtep) {
  tables.vteps.set(vtep, mapped(vtepAddress(vtep)), RemoteFlag.KNOWN, tables.settings);
  tables.groups.set(vtep, new Uint16Array(64).fill(1));
  tables.vteps.setGroup(vtep, vtep);
}

function addHost(tables, mac, kind, target) {
  const { hi, lo } = readMac(mac, 0);
  tables.fdb.set(BD, hi, lo, kind, target, 0, 0);
}

export function makeTables() {
  const tables = new Tables();
  tables.setSettings({ ...tables.settings, family: Family.IPV4, localAddress: mapped(LOCAL) });
  addInterface(tables, UPLINK, "up0", InterfaceFlag.UPLINK);
  addInterface(tables, ACCESS, "eth1", 0);
  addInterface(tables, OTHER_ACCESS, "eth2", 0);
  const macs = { destinationMac: underlay.routerMac, sourceMac: underlay.mac };
  tables.adjacencies.set(1, { slot: UPLINK, ifindex: 100 + UPLINK, ...macs, mtuBytes: 1600, flags: 0 });
  tables.bridgeDomains.set(BD, VNI, 0, 3000, 0);
  addPort(tables, PORT, ACCESS);
  addPort(tables, OTHER_PORT, OTHER_ACCESS);
  const vteps = Array.from({ length: VTEPS }, (_, index) => index + 1);
  for (const vtep of vteps) addVtep(tables, vtep);
  tables.bridgeDomains.setFloodPorts(BD, [PORT, OTHER_PORT]);
  tables.bridgeDomains.setFloodVteps(BD, vteps);
  for (let flow = 0; flow < FLOWS; flow++) {
    addHost(tables, localHost(flow), FdbKind.LOCAL, PORT);
    addHost(tables, neighbourHost(flow), FdbKind.LOCAL, OTHER_PORT);
    addHost(tables, remoteHost(flow), FdbKind.REMOTE, vtepOf(flow));
  }
  tables.deltas.clear();
  return tables;
}
