// Which port and bridge domain a frame from an access interface belongs to, and whether its addresses
// are ones that any host may use. TWIN: bpf/lib/parse.h.

import { Drop, PortFlag } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import {
  ETHERNET_HEADER_BYTES,
  EtherType,
  isGroupMac,
  isReservedMulticast,
  isZeroMac,
  VLAN_TAG_BYTES,
} from "../wire/ethernet.js";
import type { Decision, Frame } from "./decision.js";

const VLAN_ID_MASK = 0x0fff;

/** Finds the port; takes the 802.1Q tag out of the inner frame (RFC 7348 §6.1). False when dropped. */
export function classifyAccess(tables: Tables, frame: Frame, out: Decision): boolean {
  if (frame.length < ETHERNET_HEADER_BYTES) return refuse(out, Drop.RUNT);
  let vlan = 0;
  out.etherType = frame.view.getUint16(frame.offset + 12);
  if (out.etherType === EtherType.VLAN) {
    if (frame.length < ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES) return refuse(out, Drop.RUNT);
    vlan = frame.view.getUint16(frame.offset + 14) & VLAN_ID_MASK;
    out.innerOffset += VLAN_TAG_BYTES;
    out.innerLength -= VLAN_TAG_BYTES;
    out.etherType = frame.view.getUint16(out.innerOffset + 12);
  }
  const port = tables.interfaces.portByVlan[frame.slot]?.[vlan] ?? 0;
  if (port === 0) return refuse(out, Drop.UNKNOWN_VLAN);
  out.port = port;
  out.floodFrom = port;
  out.bd = tables.ports.bd[port]!;
  out.ingressBd = out.bd;
  if ((tables.ports.flags[port]! & PortFlag.ENABLED) === 0) return refuse(out, Drop.PORT_DISABLED);
  readAddresses(frame.view, frame.offset, out);
  return true;
}

/** A port carries one tag at most: what is still tagged behind it belongs to no domain here. */
export function refuseSecondTag(out: Decision): boolean {
  return !isTagged(out) || refuse(out, Drop.UNKNOWN_VLAN);
}

export function isTagged({ etherType }: Decision): boolean {
  return etherType === EtherType.VLAN || etherType === EtherType.SERVICE_VLAN;
}

/** Refuses sources that are no host's and destinations that no bridge forwards. False when dropped. */
export function checkAddresses(out: Decision): boolean {
  if (isGroupMac(out.sourceHi) || isZeroMac(out.sourceHi, out.sourceLo)) return refuse(out, Drop.SOURCE_INVALID);
  if (isReservedMulticast(out.destinationHi, out.destinationLo)) return refuse(out, Drop.RESERVED_MULTICAST);
  return true;
}

export function readAddresses(view: DataView, offset: number, out: Decision): void {
  out.destinationHi = view.getUint16(offset);
  out.destinationLo = view.getInt32(offset + 2);
  out.sourceHi = view.getUint16(offset + 6);
  out.sourceLo = view.getInt32(offset + 8);
  out.askerHi = out.sourceHi;
  out.askerLo = out.sourceLo;
}

export function refuse(out: Decision, reason: number): false {
  out.drop(reason);
  return false;
}
