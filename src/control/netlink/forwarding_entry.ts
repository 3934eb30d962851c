/**
 * Forwarding entries of bridges and vxlan devices (AF_BRIDGE neighbours), read in place.
 *
 * They come by the hundred thousand, so one reader is used again and again, which takes a fifth of the time of an
 * object for each: what it says holds until its next `read`.
 */
import { align4 } from "./header.js";
import { NDA, NEIGHBOR_HEADER_SIZE } from "./neighbor.js";

const ATTRIBUTE_HEADER_SIZE = 4;
const TYPE_MASK = 0x3fff;
const MAC_SIZE = 6;
/** Third word of ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
const MAPPED_WORD = 0xffff;

export class ForwardingEntry {
  ifindex = 0;
  /** NUD_*. */
  state = 0;
  /** NTF_*. */
  flags = 0;
  /** First two bytes of the MAC, and its last four, as the tables have them. */
  hi = 0;
  lo = 0;
  /** Bridge of the interface; 0 = it did not say. */
  master = 0;
  vlan = 0;
  nexthopId = 0;
  /** Whether it names a VTEP. */
  hasDestination = false;
  /** The VTEP's address as four big-endian words, IPv4 mapped. */
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;

  /** False if the message is cut, or has no MAC. */
  read(view: DataView, start: number, end: number): boolean {
    if (end - start < NEIGHBOR_HEADER_SIZE || end > view.byteLength) return false;
    this.ifindex = view.getInt32(start + 4, true);
    this.state = view.getUint16(start + 8, true);
    this.flags = view.getUint8(start + 10);
    this.master = 0;
    this.vlan = 0;
    this.nexthopId = 0;
    this.hasDestination = false;
    let hasMac = false;
    let at = start + NEIGHBOR_HEADER_SIZE;
    while (at + ATTRIBUTE_HEADER_SIZE <= end) {
      const length = view.getUint16(at, true);
      if (length < ATTRIBUTE_HEADER_SIZE || at + length > end) return false;
      const type = view.getUint16(at + 2, true) & TYPE_MASK;
      if (type === NDA.linkLayer) hasMac = this.readMac(view, at + ATTRIBUTE_HEADER_SIZE, length);
      else this.readAttribute(view, type, at + ATTRIBUTE_HEADER_SIZE, length - ATTRIBUTE_HEADER_SIZE);
      at += align4(length);
    }
    return hasMac;
  }

  private readMac(view: DataView, at: number, length: number): boolean {
    if (length !== ATTRIBUTE_HEADER_SIZE + MAC_SIZE) return false;
    this.hi = view.getUint16(at);
    this.lo = view.getInt32(at + 2);
    return true;
  }

  private readAttribute(view: DataView, type: number, at: number, size: number): void {
    if (type === NDA.master && size >= 4) this.master = view.getUint32(at, true);
    else if (type === NDA.destination) this.readDestination(view, at, size);
    else if (type === NDA.vlan && size >= 2) this.vlan = view.getUint16(at, true);
    else if (type === NDA.nexthopId && size >= 4) this.nexthopId = view.getUint32(at, true);
  }

  private readDestination(view: DataView, at: number, size: number): void {
    if (size !== 4 && size !== 16) return;
    this.hasDestination = true;
    const isIpv6 = size === 16;
    this.word0 = isIpv6 ? view.getInt32(at) : 0;
    this.word1 = isIpv6 ? view.getInt32(at + 4) : 0;
    this.word2 = isIpv6 ? view.getInt32(at + 8) : MAPPED_WORD;
    this.word3 = view.getInt32(isIpv6 ? at + 12 : at);
  }
}
