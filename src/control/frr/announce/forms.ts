// How a local MAC and a local binding stand in the kernel, so that zebra reads them as what they are. A MAC on a port of
// a bridge is local to zebra unless it is permanent; the sticky flag becomes the sticky bit of the route. Bindings are
// permanent, because the kernel must neither probe nor collect them: whether a host is there is ours to find out.
//
//   form     state      flags                  ages in the kernel  route
//   dynamic  REACHABLE  master, extern_learn   no                  MAC
//   static   NOARP      master                 no                  MAC
//   sticky   NOARP      master, sticky         no                  MAC, sticky
//
// An entry that was static or sticky keeps that when extern_learn is written over it, whichever port it is on by then:
// it is made plain first. None of them goes with the port's carrier: each is deleted.
//
// The kernel tells nobody of an entry that is written once more as it is. What zebra is to hear of anew goes by another
// valid state and back: nobody who knows it already takes it for gone.

import { type Mac, writeMac } from "../../../wire/ethernet.js";
import type { LocalBinding } from "../../neighbors/local.js";
import {
  AddressFamily,
  encodeDeleteNeighbor,
  encodeNewNeighbor,
  isIpv4Mapped,
  NeighborFlag,
  NeighborState,
} from "../../netlink/index.js";

export const Form = { NONE: 0, DYNAMIC: 1, STATIC: 2, STICKY: 3 } as const;

/** NDA_PROTOCOL of our bindings: any number but zebra's 11, which marks what zebra wrote. */
export const OUR_PROTOCOL = 200;

const { master, extLearned, sticky, self } = NeighborFlag;
const { reachable, noArp, permanent } = NeighborState;

/** `wasFixed`: the kernel's entry may be static or sticky. */
export function macMessages(port: number, hi: number, lo: number, form: number, wasFixed: boolean): Uint8Array[] {
  if (form === Form.STICKY) return [macMessage(port, hi, lo, noArp, master | sticky)];
  if (form === Form.STATIC) return [macMessage(port, hi, lo, noArp, master)];
  const dynamic = macMessage(port, hi, lo, reachable, master | extLearned);
  return wasFixed ? [macMessage(port, hi, lo, reachable, master), dynamic] : [dynamic];
}

/** For an entry that may stand there already: zebra hears of it in any case. */
export function macMessagesAnew(port: number, hi: number, lo: number, form: number): Uint8Array[] {
  const flags = form === Form.STICKY ? master | sticky : master;
  const other = form === Form.DYNAMIC ? noArp : reachable;
  return [macMessage(port, hi, lo, other, flags), ...macMessages(port, hi, lo, form, true)];
}

/** Only of the entry on that port: the kernel leaves one that has gone to the VXLAN device alone (ENOENT). */
export function macWithdrawal(port: number, hi: number, lo: number): Uint8Array {
  return encodeDeleteNeighbor({
    family: AddressFamily.bridge,
    ifindex: port,
    flags: master,
    linkLayer: macBytes({ hi, lo }),
  });
}

/** NONE for what zebra does not read as a local MAC: the port's own, and the lower device's. */
export function formOf(state: number, flags: number): number {
  if ((state & permanent) !== 0 || (flags & self) !== 0) return Form.NONE;
  if ((flags & sticky) !== 0) return Form.STICKY;
  return (state & noArp) !== 0 ? Form.STATIC : Form.DYNAMIC;
}

/** Whoever stands there now is replaced. `isAnew`: zebra hears of it even if it stands there already. */
export function bindingMessages(
  bridge: number,
  address: Uint8Array,
  { mac, isRouter }: LocalBinding,
  isAnew: boolean,
): Uint8Array[] {
  const flags = isRouter ? NeighborFlag.router : 0;
  const entry = { ...neighborOf(bridge, address), flags, linkLayer: macBytes(mac), protocol: OUR_PROTOCOL };
  const states = isAnew ? [noArp, permanent] : [permanent];
  return states.map((state) => encodeNewNeighbor({ ...entry, state }, "replace"));
}

export function bindingWithdrawal(bridge: number, address: Uint8Array): Uint8Array {
  return encodeDeleteNeighbor(neighborOf(bridge, address));
}

function macMessage(port: number, hi: number, lo: number, state: number, flags: number): Uint8Array {
  const linkLayer = macBytes({ hi, lo });
  return encodeNewNeighbor({ family: AddressFamily.bridge, ifindex: port, state, flags, linkLayer }, "replace");
}

/** `address`: 16 bytes, IPv4 mapped. */
function neighborOf(ifindex: number, address: Uint8Array) {
  const isIpv4 = isIpv4Mapped(address);
  const destination = isIpv4 ? address.subarray(12) : address;
  return { family: isIpv4 ? AddressFamily.ipv4 : AddressFamily.ipv6, ifindex, destination };
}

function macBytes({ hi, lo }: Mac): Uint8Array {
  const bytes = new Uint8Array(6);
  writeMac(bytes, 0, hi, lo);
  return bytes;
}
