// The BPF maps by name, and how each key and value is laid out. Layouts come from src/abi, so C and
// TypeScript cannot differ. Host byte order is little-endian: bpf/lib refuses any other.
// TWIN: bpf/lib/maps.h.

import {
  AdjacencyLayout,
  BdLayout,
  ConfigLayout,
  FdbKeyLayout,
  FdbValueLayout,
  GroupLayout,
  InterfaceLayout,
  Limit,
  PortFlag,
  PortLayout,
  PuntRateLayout,
  RemoteLayout,
  SegmentFlag,
  SegmentLayout,
  TagKeyLayout,
} from "../../abi/generated.js";
import { StormClass } from "../../tables/port.js";
import type { Tables, VtepSettings } from "../../tables/tables.js";
import type { FloodParts } from "./flood_lists.js";

/** Names in the kernel: at most 15 characters, with the major of the ABI. */
export const MapName = {
  CONFIG: "vtep1_config",
  INTERFACE: "vtep1_interface",
  TAG: "vtep1_tag",
  PORT: "vtep1_port",
  BD: "vtep1_bd",
  VNI: "vtep1_vni",
  VRF: "vtep1_vrf",
  HOST: "vtep1_host",
  PREFIX: "vtep1_prefix",
  ROUTE: "vtep1_route",
  PATH: "vtep1_path",
  FLOOD: "vtep1_flood",
  FDB: "vtep1_fdb",
  ADDRESS: "vtep1_address",
  REMOTE: "vtep1_remote",
  GENERATION: "vtep1_generation",
  RECENT: "vtep1_recent",
  RECENT_HOSTS: "vtep1_rec_host",
  SEGMENT: "vtep1_segment",
  GROUP: "vtep1_group",
  ADJACENCY: "vtep1_adjacency",
  DEVMAP: "vtep1_devmap",
  PORT_COUNTERS: "vtep1_c_port",
  VTEP_COUNTERS: "vtep1_c_vtep",
  BD_COUNTERS: "vtep1_c_bd",
  DROPS: "vtep1_drop",
  PUNTS: "vtep1_punts",
  PUNT_RATE: "vtep1_punt_rate",
  BUCKET: "vtep1_bucket",
} as const;

export type MapName = (typeof MapName)[keyof typeof MapName];

const LITTLE = true;

export function mapValue(size: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  fill(new DataView(bytes.buffer));
  return bytes;
}

export function encodeIndex(index: number): Uint8Array {
  return mapValue(4, (view) => view.setUint32(0, index, LITTLE));
}

/** Devices of ours, by ifindex; 0 = none. */
export interface ConfigDevices {
  readonly punt: number;
  /** The kernel's vxlan device on our port. */
  readonly tunnel: number;
  readonly join: number;
  readonly joined: number;
}

export function encodeConfig(settings: VtepSettings, devices: ConfigDevices): Uint8Array {
  return mapValue(ConfigLayout.sizeBytes, (view) => {
    new Uint8Array(view.buffer).set(settings.localAddress, ConfigLayout.localAddress);
    view.setUint32(ConfigLayout.sourcePortCount, settings.sourcePortCount, LITTLE);
    view.setUint32(ConfigLayout.puntIfindex, devices.punt, LITTLE);
    view.setUint32(ConfigLayout.tunnelIfindex, devices.tunnel, LITTLE);
    view.setUint32(ConfigLayout.joinIfindex, devices.join, LITTLE);
    view.setUint32(ConfigLayout.joinedIfindex, devices.joined, LITTLE);
    view.setUint16(ConfigLayout.udpPort, settings.udpPort, LITTLE);
    view.setUint16(ConfigLayout.sourcePortMin, settings.sourcePortMin, LITTLE);
    view.setUint8(ConfigLayout.family, settings.family);
    view.setUint8(ConfigLayout.flags, settings.flags);
    view.setUint8(ConfigLayout.ttl, settings.ttl);
    view.setUint8(ConfigLayout.tos, settings.tos);
    view.setUint8(ConfigLayout.df, settings.df);
  });
}

export function encodeInterface(slot: number, flags: number): Uint8Array {
  return mapValue(InterfaceLayout.sizeBytes, (view) => {
    view.setUint16(InterfaceLayout.slot, slot, LITTLE);
    view.setUint16(InterfaceLayout.flags, flags, LITTLE);
  });
}

export function encodeTagKey(ifindex: number, vlan: number): Uint8Array {
  return mapValue(TagKeyLayout.sizeBytes, (view) => {
    view.setUint32(TagKeyLayout.ifindex, ifindex, LITTLE);
    view.setUint16(TagKeyLayout.vlan, vlan, LITTLE);
  });
}

/** An ACL is the engine's to read: in eBPF the port takes known sources only. */
export function encodePort(tables: Tables, port: number, xdpTx: boolean): Uint8Array {
  const { ports, interfaces, fdb } = tables;
  const slot = ports.slot[port]!;
  const secured = ports.allow[port] === undefined ? 0 : PortFlag.SECURED;
  const shuts = ports.shutsBeyond(port, fdb.countByPort[port]!) ? PortFlag.SHUTS : 0;
  const flags = ports.flags[port]! | secured | shuts | stormFlags(tables, port);
  return mapValue(PortLayout.sizeBytes, (view) => {
    view.setUint32(PortLayout.ifindex, interfaces.ifindex[slot]!, LITTLE);
    view.setUint16(PortLayout.slot, slot, LITTLE);
    view.setUint16(PortLayout.bd, ports.bd[port]!, LITTLE);
    view.setUint16(PortLayout.vlan, ports.vlan[port]!, LITTLE);
    view.setUint16(PortLayout.flags, withFlag(flags, PortFlag.XDP_TX, xdpTx), LITTLE);
    view.setUint16(PortLayout.mtuBytes, interfaces.mtuBytes[slot]!, LITTLE);
    view.setUint16(PortLayout.segment, ports.segment[port]!, LITTLE);
  });
}

const STORM_FLAGS = [
  [StormClass.BROADCAST, PortFlag.STORM_BROADCAST],
  [StormClass.MULTICAST, PortFlag.STORM_MULTICAST],
  [StormClass.UNKNOWN_UNICAST, PortFlag.STORM_UNKNOWN_UNICAST],
] as const;

function stormFlags({ ports }: Tables, port: number): number {
  return STORM_FLAGS.reduce((flags, [storm, flag]) => (ports.isStormLimited(port, storm) ? flags | flag : flags), 0);
}

export function encodeBd(tables: Tables, bd: number, flood: FloodParts): Uint8Array {
  return mapValue(BdLayout.sizeBytes, (view) => {
    view.setUint32(BdLayout.vni, tables.bridgeDomains.vni[bd]!, LITTLE);
    view.setUint16(BdLayout.flags, tables.bridgeDomains.flags[bd]!, LITTLE);
    view.setUint16(BdLayout.vrf, tables.bridgeDomains.vrf[bd]!, LITTLE);
    const { gatewayHi, gatewayLo } = tables.bridgeDomains;
    writeMac(view, BdLayout.gatewayMac, gatewayHi[bd]!, gatewayLo[bd]!);
    view.setUint16(BdLayout.floodPortParts, flood.ports, LITTLE);
    view.setUint16(BdLayout.floodVtepParts, flood.vteps, LITTLE);
  });
}

/** In the order of the wire. */
export function writeMac(view: DataView, at: number, hi: number, lo: number): void {
  view.setUint16(at, hi);
  view.setInt32(at + 2, lo);
}

export function encodeRemote(tables: Tables, vtep: number): Uint8Array {
  const { vteps } = tables;
  const outer = vteps.outer.subarray(vtep * Limit.OUTER_BYTES, (vtep + 1) * Limit.OUTER_BYTES);
  return mapValue(RemoteLayout.sizeBytes, (view) => {
    new Uint8Array(view.buffer).set(outer, RemoteLayout.outer);
    view.setUint16(RemoteLayout.checksumBase, vteps.checksumBase[vtep]!, LITTLE);
    view.setUint16(RemoteLayout.pathMtuBytes, vteps.pathMtuBytes[vtep]!, LITTLE);
    view.setUint16(RemoteLayout.group, vteps.group[vtep]!, LITTLE);
    view.setUint16(RemoteLayout.flags, vteps.flags[vtep]!, LITTLE);
  });
}

export function encodeGroup(tables: Tables, group: number): Uint8Array {
  return mapValue(GroupLayout.sizeBytes, (view) => {
    tables.groups.bucketsOf(group).forEach((adjacency, bucket) => {
      view.setUint16(GroupLayout.adjacency + bucket * 2, adjacency, LITTLE);
    });
  });
}

export function encodeSegment(tables: Tables, segment: number): Uint8Array {
  const { isDesignated } = tables.segments;
  const peers = tables.segments.peersOf(segment);
  const more = peers.length > Limit.SEGMENT_PEERS ? SegmentFlag.MORE_PEERS : 0;
  return mapValue(SegmentLayout.sizeBytes, (view) => {
    peers.slice(0, Limit.SEGMENT_PEERS).forEach((peer, at) => {
      view.setUint16(SegmentLayout.peer + at * 2, peer, LITTLE);
    });
    view.setUint16(SegmentLayout.flags, withFlag(more, SegmentFlag.DESIGNATED, isDesignated[segment] === 1), LITTLE);
    tables.segments.bucketsOf(segment).forEach((vtep, bucket) => {
      view.setUint16(SegmentLayout.vtep + bucket * 2, vtep, LITTLE);
    });
  });
}

export function encodeAdjacency(tables: Tables, adjacency: number, xdpTxFlag: number): Uint8Array {
  const { adjacencies } = tables;
  const macs = adjacencies.macs.subarray(adjacency * 12, (adjacency + 1) * 12);
  return mapValue(AdjacencyLayout.sizeBytes, (view) => {
    view.setUint32(AdjacencyLayout.ifindex, adjacencies.ifindex[adjacency]!, LITTLE);
    new Uint8Array(view.buffer).set(macs, AdjacencyLayout.destinationMac);
    view.setUint16(AdjacencyLayout.mtuBytes, adjacencies.mtuBytes[adjacency]!, LITTLE);
    view.setUint16(AdjacencyLayout.flags, xdpTxFlag, LITTLE);
  });
}

export function encodePuntRate(perTick: number, burst: number): Uint8Array {
  return mapValue(PuntRateLayout.sizeBytes, (view) => {
    view.setUint32(PuntRateLayout.perTick, perTick, LITTLE);
    view.setUint32(PuntRateLayout.burst, burst, LITTLE);
  });
}

/** `w0`, `w1`: the words of tables/fdb.ts. Batches of thousands are written in place, so no array is made. */
export function writeFdbKey(view: DataView, at: number, w0: number, w1: number): void {
  view.setUint16(at + FdbKeyLayout.bd, w0 >>> 16, LITTLE);
  writeMac(view, at + FdbKeyLayout.mac, w0 & 0xffff, w1);
}

export function writeFdbValue(view: DataView, at: number, tables: Tables, entry: number): void {
  const { fdb } = tables;
  view.setUint32(at + FdbValueLayout.lastSeenTick, fdb.seenAt(entry), LITTLE);
  view.setUint16(at + FdbValueLayout.target, fdb.targetAt(entry), LITTLE);
  view.setUint8(at + FdbValueLayout.kind, fdb.kindAt(entry));
  view.setUint8(at + FdbValueLayout.flags, fdb.flagsAt(entry));
}

function withFlag(flags: number, flag: number, on: boolean): number {
  return on ? flags | flag : flags & ~flag;
}
