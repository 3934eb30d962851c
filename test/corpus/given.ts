// Turns the `given` of a case into the tables that every data path reads, and remembers the names.

import {
  BdFlag,
  ConfigFlag,
  Df,
  Family,
  FdbFlag,
  FdbKind,
  InterfaceFlag,
  Limit,
  PortFlag,
  RemoteFlag,
} from "../../src/abi/generated.js";
import { macKey } from "../../src/tables/port.js";
import { Tables, type VtepSettings } from "../../src/tables/tables.js";
import { parseMac } from "../../src/wire/ethernet.js";
import type {
  DomainGiven,
  FdbGiven,
  Given,
  PortGiven,
  RemoteGiven,
  RepairGiven,
  SegmentGiven,
  UplinkGiven,
  VtepGiven,
} from "./case.js";
import { setRouting } from "./given_routing.js";
import { routerMac, uplinkMac } from "./lab.js";
import { address16 } from "./packet.js";

const DEFAULT_MTU = 1500;
export const FIRST_IFINDEX = 100;

/** Index of each name; 0 is never used, as in the tables. */
export interface Names {
  /** Interfaces, uplinks first. */
  readonly slots: readonly string[];
  readonly ports: readonly string[];
  readonly domains: readonly string[];
  readonly vteps: readonly string[];
  readonly segments: readonly string[];
  readonly vrfs: readonly string[];
}

export interface Built {
  readonly tables: Tables;
  readonly names: Names;
}

const numbered = (names: Iterable<string>): string[] => ["", ...new Set(names)];
export const interfaceOf = (portKey: string): string => portKey.split(".")[0]!;

export function buildTables(given: Given): Built {
  const names: Names = {
    slots: numbered([...Object.keys(given.uplinks), ...Object.keys(given.ports).map(interfaceOf)]),
    ports: numbered(Object.keys(given.ports)),
    domains: numbered(Object.keys(given.domains)),
    vteps: numbered(Object.keys(given.vteps)),
    segments: numbered(Object.keys(given.segments ?? {})),
    vrfs: numbered(Object.keys(given.vrfs ?? {})),
  };
  const tables = new Tables(given.fdbCapacity);
  tables.setSettings(settingsOf(given.vtep));
  for (const [name, uplink] of Object.entries(given.uplinks)) setUplink(tables, names, name, uplink);
  for (const [key, port] of Object.entries(given.ports)) setPort(tables, names, key, port);
  for (const [name, remote] of Object.entries(given.vteps)) setRemote(tables, names, name, remote);
  for (const [name, domain] of Object.entries(given.domains)) setDomain(tables, names, given, name, domain);
  for (const [name, segment] of Object.entries(given.segments ?? {})) setSegment(tables, names, name, segment);
  for (const entry of given.fdb) setFdb(tables, names, entry);
  setRouting(tables, names, given);
  return { tables, names };
}

export function settingsOf(vtep: VtepGiven): VtepSettings {
  const [first, last] = vtep.sourcePorts;
  const flags =
    (vtep.ttl === "inherit" ? ConfigFlag.TTL_INHERIT : 0) |
    (vtep.tos === "inherit" ? ConfigFlag.TOS_INHERIT : 0) |
    (vtep.udpChecksum ? ConfigFlag.UDP_CHECKSUM : 0) |
    (vtep.profile === "linux" ? ConfigFlag.PROFILE_LINUX : 0) |
    (vtep.knownVtepsOnly ? ConfigFlag.KNOWN_VTEPS_ONLY : 0) |
    (vtep.mssClamp ? ConfigFlag.MSS_CLAMP : 0);
  return {
    family: vtep.address.includes(":") ? Family.IPV6 : Family.IPV4,
    localAddress: address16(vtep.address),
    udpPort: vtep.udpPort,
    sourcePortMin: first,
    sourcePortCount: last - first + 1,
    ttl: vtep.ttl === "inherit" ? 64 : vtep.ttl,
    tos: vtep.tos === "inherit" ? 0 : vtep.tos & 0xfc,
    df: { unset: Df.UNSET, set: Df.SET, inherit: Df.INHERIT }[vtep.df],
    flags,
  };
}

const macOf = (text: string) => parseMac(text)!;
const macArray = (text: string): Uint8Array => Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));

/** Each uplink has one adjacency of the same number: its router. */
const REPAIRS: Readonly<Record<RepairGiven, number>> = {
  ipv4: InterfaceFlag.FIX_ETHERTYPE,
  both: InterfaceFlag.FIX_ETHERTYPE | InterfaceFlag.FIX_IPV6,
};
const repairFlags = (repair: RepairGiven | undefined): number => (repair === undefined ? 0 : REPAIRS[repair]);

function setUplink(tables: Tables, names: Names, name: string, { mtu, repair }: UplinkGiven): void {
  const mtuBytes = mtu ?? DEFAULT_MTU;
  const slot = names.slots.indexOf(name);
  const ifindex = FIRST_IFINDEX + slot;
  tables.interfaces.set(slot, name, ifindex, InterfaceFlag.UPLINK | repairFlags(repair), mtuBytes);
  const macs = { destinationMac: macArray(routerMac(name)), sourceMac: macArray(uplinkMac(name)) };
  tables.adjacencies.set(slot, { slot, ifindex, ...macs, mtuBytes, flags: 0 });
}

function setPort(tables: Tables, names: Names, key: string, given: PortGiven): void {
  const name = interfaceOf(key);
  const slot = names.slots.indexOf(name);
  const vlan = Number(key.split(".")[1] ?? 0);
  const port = names.ports.indexOf(key);
  const flags = (given.host ? InterfaceFlag.ENGINE : 0) | repairFlags(given.repair);
  tables.interfaces.set(slot, name, FIRST_IFINDEX + slot, flags, given.mtu ?? DEFAULT_MTU);
  tables.interfaces.attach(slot, vlan, port);
  const { broadcast = 0, multicast = 0, unknownUnicast = 0 } = given.storm ?? {};
  tables.ports.set(port, {
    slot,
    vlan,
    bd: names.domains.indexOf(given.domain),
    flags:
      (given.enabled === false ? 0 : PortFlag.ENABLED) |
      (given.learning === false ? 0 : PortFlag.LEARNING) |
      (given.isolated ? PortFlag.ISOLATED : 0) |
      (given.secured || given.maxMacs !== undefined || given.allow !== undefined ? PortFlag.SECURED : 0),
    macLimit: given.maxMacs ?? 0,
    violation: 0,
    learnFlags: given.sticky ? FdbFlag.STICKY : 0,
    allow: given.allow && new Set(given.allow.map((mac) => macKey(macOf(mac).hi, macOf(mac).lo))),
    stormRates: [broadcast, multicast, unknownUnicast],
  });
  tables.ports.setSegment(port, names.segments.indexOf(given.segment ?? ""));
  if (given.host) tables.bridgeDomains.hostPort[names.domains.indexOf(given.domain)] = port;
}

/** Bucket modulo the number of VTEPs. */
function setSegment(tables: Tables, names: Names, name: string, given: SegmentGiven): void {
  const segment = names.segments.indexOf(name);
  const vteps = given.vteps.map((vtep) => names.vteps.indexOf(vtep));
  const buckets = Uint16Array.from({ length: Limit.SEGMENT_BUCKETS }, (_, at) => vteps[at % vteps.length] ?? 0);
  tables.segments.setBuckets(segment, buckets);
  tables.segments.setOwn(segment, given.designated === true, new Set(vteps));
}

function setRemote(tables: Tables, names: Names, name: string, given: RemoteGiven): void {
  const vtep = names.vteps.indexOf(name);
  const address = address16(given.address);
  tables.vteps.set(vtep, address, given.known === false ? 0 : RemoteFlag.KNOWN, tables.settings);
  tables.vteps.setPathMtu(vtep, given.pathMtu ?? 0);
  if (given.via === "unreachable") return;
  const paths = given.via === "resolving" ? [] : given.via.map((uplink) => names.slots.indexOf(uplink));
  tables.groups.set(
    vtep,
    Uint16Array.from({ length: Limit.GROUP_BUCKETS }, (_, bucket) => paths[bucket % paths.length] ?? 0),
  );
  tables.vteps.setGroup(vtep, vtep);
}

function setDomain(tables: Tables, names: Names, given: Given, name: string, domain: DomainGiven): void {
  const bd = names.domains.indexOf(name);
  const flags =
    (domain.learnRemote ? BdFlag.LEARN_REMOTE : 0) |
    (domain.unknownUnicast === "drop" ? BdFlag.UNKNOWN_UNICAST_DROP : 0) |
    (domain.mobility === "deny" ? BdFlag.MOBILITY_DENY : 0) |
    (domain.gateway === undefined ? 0 : BdFlag.GATEWAY) |
    (domain.arpSuppression ? BdFlag.ARP_SUPPRESSION : 0) |
    (domain.unknownArp === "drop" ? BdFlag.UNKNOWN_ARP_DROP : 0) |
    (domain.knownArp === "unicast-forward" ? BdFlag.UNICAST_FORWARD : 0) |
    (domain.unknownNdOptions === "drop" ? BdFlag.UNKNOWN_OPTION_DROP : 0) |
    (domain.gateway?.central ? BdFlag.GATEWAY_CENTRAL : 0);
  tables.bridgeDomains.set(bd, domain.vni, flags, 3000, 400);
  const ports = Object.entries(given.ports).filter(([, port]) => port.domain === name && port.enabled !== false);
  const vteps = Object.entries(given.vteps).filter(([, remote]) => remote.floods.includes(name));
  tables.bridgeDomains.setFloodPorts(
    bd,
    ports.map(([key]) => names.ports.indexOf(key)),
  );
  tables.bridgeDomains.setFloodVteps(
    bd,
    vteps.map(([key]) => names.vteps.indexOf(key)),
  );
}

function setFdb(tables: Tables, names: Names, entry: FdbGiven): void {
  const { hi, lo } = macOf(entry.mac);
  const { kind, target } = whereIs(names, entry.at);
  if (target < 0) throw new Error(`${entry.mac}: there is no port, VTEP or segment ${entry.at}`);
  const bits = { static: FdbFlag.STATIC, sticky: FdbFlag.STICKY, evpn: FdbFlag.EVPN };
  const flags = (entry.flags ?? []).reduce((sum, word) => sum | bits[word], 0);
  tables.fdb.set(names.domains.indexOf(entry.domain), hi, lo, kind, target, flags, entry.seen ?? 0);
}

function whereIs(names: Names, at: string): { readonly kind: number; readonly target: number } {
  if (at === "held") return { kind: FdbKind.HELD, target: 0 };
  const port = names.ports.indexOf(at);
  if (port > 0) return { kind: FdbKind.LOCAL, target: port };
  const segment = names.segments.indexOf(at);
  if (segment > 0) return { kind: FdbKind.SEGMENT, target: segment };
  return { kind: FdbKind.REMOTE, target: names.vteps.indexOf(at) };
}
