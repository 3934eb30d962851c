// What the engine tells of ARP and ND: the part of its decision that concerns bindings.

import { isGroupMac, type Mac } from "../../wire/ethernet.js";

/** An address as four big-endian words. */
export interface AddressWords {
  readonly bindingWord0: number;
  readonly bindingWord1: number;
  readonly bindingWord2: number;
  readonly bindingWord3: number;
}

/** A host has said that the address is at its MAC. */
export interface Sighting extends AddressWords {
  readonly ingressBd: number;
  /** Access port, or 0 for a tunnel. */
  readonly port: number;
  readonly askerHi: number;
  readonly askerLo: number;
  /** Where the frame was for, and how many copies of it left. */
  readonly destinationHi: number;
  readonly egressCount: number;
}

/** Whether the frame that told it went to every host, so that all have heard it. */
export function wasFlooded({ destinationHi, egressCount }: Sighting): boolean {
  return isGroupMac(destinationHi) && egressCount > 0;
}

/** A frame from interface `slot` waits for the MAC of the address in `bd`. */
export interface Waiting extends AddressWords {
  readonly bd: number;
  readonly slot: number;
  /** Access port it came in by, or 0: then the sending VTEP, 0 where it is not known. */
  readonly port: number;
  readonly vtep: number;
}

/** Whom a frame counts for where room is shared: ports above zero, VTEPs from zero down. */
export function sourceOf({ port, vtep }: Pick<Waiting, "port" | "vtep">): number {
  return port !== 0 ? port : -vtep;
}

export function addressOf({ bindingWord0, bindingWord1, bindingWord2, bindingWord3 }: AddressWords): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  [bindingWord0, bindingWord1, bindingWord2, bindingWord3].forEach((word, index) => {
    view.setInt32(index * 4, word);
  });
  return new Uint8Array(view.buffer);
}

/** For maps that are keyed by an address of a domain. */
export function addressKey(bd: number, address: Uint8Array): string {
  return `${bd} ${Buffer.from(address.buffer, address.byteOffset, address.byteLength).toString("latin1")}`;
}

export function macKey(bd: number, { hi, lo }: Mac): string {
  return `${bd} ${hi} ${lo}`;
}
