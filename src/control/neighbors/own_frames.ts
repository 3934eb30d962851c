// Frames of the VTEP's own that stay behind its own ports: what they ask is not for other VTEPs.

import type { Driver } from "../../dataplane/driver.js";
import type { Tables } from "../../tables/tables.js";
import { EtherType, MAC_BYTES } from "../../wire/ethernet.js";

const ADDRESSES_BYTES = MAC_BYTES * 2;
const TAG_BYTES = 4;

/** Out of every forwarding port of the domain, wherever its destination MAC is. */
export function sendToPorts({ bridgeDomains, ports }: Tables, driver: Driver, bd: number, frame: Uint8Array): void {
  for (const port of bridgeDomains.floodPorts[bd] ?? []) {
    driver.inject(ports.slot[port]!, tagged(frame, ports.vlan[port]!));
  }
}

function tagged(frame: Uint8Array, vlan: number): Uint8Array {
  if (vlan === 0) return frame;
  const out = new Uint8Array(frame.length + TAG_BYTES);
  out.set(frame.subarray(0, ADDRESSES_BYTES));
  new DataView(out.buffer).setUint32(ADDRESSES_BYTES, ((EtherType.VLAN << 16) | vlan) >>> 0);
  out.set(frame.subarray(ADDRESSES_BYTES), ADDRESSES_BYTES + TAG_BYTES);
  return out;
}
