/**
 * Bridges and their ports: IFLA_INFO_DATA of a bridge, IFLA_INFO_SLAVE_DATA (or IFLA_PROTINFO, in messages of family
 * AF_BRIDGE) of an interface in one (enum IFLA_BR_*, IFLA_BRPORT_*, linux/if_link.h).
 */
import type { Attributes } from "./attributes.js";
import type { MessageWriter } from "./message_writer.js";

const BR = { stp: 5, vlanFiltering: 7, multicastSnooping: 23, vlanDefaultPvid: 39 } as const;

const BRPORT = {
  state: 1,
  learning: 8,
  unicastFlood: 9,
  multicastFlood: 27,
  broadcastFlood: 30,
  neighborSuppression: 32,
} as const;

/** BR_STATE_*: a disabled port neither takes nor sends frames; entries of its MACs may be written all the same. */
export const BridgePortState = { disabled: 0, listening: 1, learning: 2, forwarding: 3, blocking: 4 } as const;

export interface BridgeData {
  readonly stp: boolean;
  readonly vlanFiltering: boolean;
  readonly multicastSnooping: boolean;
  /** VLAN that a port is untagged in when it joins; undefined: the kernel's bridges know no VLANs. */
  readonly vlanDefaultPvid: number | undefined;
}

export interface BridgePortData {
  /** See BridgePortState. */
  readonly state: number;
  readonly learning: boolean;
  readonly unicastFlood: boolean;
  readonly multicastFlood: boolean;
  readonly broadcastFlood: boolean;
  readonly neighborSuppression: boolean;
}

export function decodeBridgeData(data: Attributes): BridgeData {
  return {
    stp: (data.u32(BR.stp) ?? 0) !== 0,
    vlanFiltering: data.u8(BR.vlanFiltering) === 1,
    multicastSnooping: data.u8(BR.multicastSnooping) === 1,
    vlanDefaultPvid: data.u16(BR.vlanDefaultPvid),
  };
}

export function decodeBridgePortData(data: Attributes): BridgePortData {
  return {
    state: data.u8(BRPORT.state) ?? 0,
    learning: data.u8(BRPORT.learning) === 1,
    unicastFlood: data.u8(BRPORT.unicastFlood) === 1,
    multicastFlood: data.u8(BRPORT.multicastFlood) === 1,
    broadcastFlood: data.u8(BRPORT.broadcastFlood) === 1,
    neighborSuppression: data.u8(BRPORT.neighborSuppression) === 1,
  };
}

export function writeBridgeData(writer: MessageWriter, data: Partial<BridgeData>): void {
  if (data.stp !== undefined) writer.attributeU32(BR.stp, data.stp ? 1 : 0);
  writeBoolean(writer, BR.vlanFiltering, data.vlanFiltering);
  writeBoolean(writer, BR.multicastSnooping, data.multicastSnooping);
  if (data.vlanDefaultPvid !== undefined) writer.attributeU16(BR.vlanDefaultPvid, data.vlanDefaultPvid);
}

export function writeBridgePortData(writer: MessageWriter, data: Partial<BridgePortData>): void {
  if (data.state !== undefined) writer.attributeU8(BRPORT.state, data.state);
  writeBoolean(writer, BRPORT.learning, data.learning);
  writeBoolean(writer, BRPORT.unicastFlood, data.unicastFlood);
  writeBoolean(writer, BRPORT.multicastFlood, data.multicastFlood);
  writeBoolean(writer, BRPORT.broadcastFlood, data.broadcastFlood);
  writeBoolean(writer, BRPORT.neighborSuppression, data.neighborSuppression);
}

function writeBoolean(writer: MessageWriter, type: number, value: boolean | undefined): void {
  if (value !== undefined) writer.attributeU8(type, value ? 1 : 0);
}
