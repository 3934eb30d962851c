/**
 * Reading the attribute list behind a message's fixed header (struct nlattr, linux/netlink.h).
 *
 * The chain is checked once; after that a getter answers undefined for an attribute that is absent or too short, so
 * that a decoder needs no error path of its own. Getters scan: lists are short, and a scan allocates nothing.
 */
import { align4 } from "./header.js";

const ATTRIBUTE_HEADER_SIZE = 4;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER ride in the type's two top bits. */
const TYPE_MASK = 0x3fff;

const latin1 = new TextDecoder("latin1");

export class Attributes {
  private constructor(
    private readonly view: DataView,
    private readonly start: number,
    private readonly end: number,
  ) {}

  /** Null if an attribute runs over the end or is shorter than its own header. */
  static read(view: DataView, start: number, end: number): Attributes | null {
    if (start > end || end > view.byteLength) return null;
    let at = start;
    while (at + ATTRIBUTE_HEADER_SIZE <= end) {
      const length = view.getUint16(at, true);
      if (length < ATTRIBUTE_HEADER_SIZE || at + length > end) return null;
      at += align4(length);
    }
    return new Attributes(view, start, end);
  }

  /** Visits (type, offset of the payload, its length) in order, repeated types included. */
  forEach(visit: (type: number, at: number, length: number) => void): void {
    for (let at = this.start; at + ATTRIBUTE_HEADER_SIZE <= this.end; at += align4(this.view.getUint16(at, true))) {
      const length = this.view.getUint16(at, true) - ATTRIBUTE_HEADER_SIZE;
      visit(this.view.getUint16(at + 2, true) & TYPE_MASK, at + ATTRIBUTE_HEADER_SIZE, length);
    }
  }

  has(type: number): boolean {
    return this.find(type) >= 0;
  }

  u8(type: number): number | undefined {
    const at = this.payload(type, 1);
    return at < 0 ? undefined : this.view.getUint8(at);
  }

  u16(type: number): number | undefined {
    const at = this.payload(type, 2);
    return at < 0 ? undefined : this.view.getUint16(at, true);
  }

  u16be(type: number): number | undefined {
    const at = this.payload(type, 2);
    return at < 0 ? undefined : this.view.getUint16(at, false);
  }

  u32(type: number): number | undefined {
    const at = this.payload(type, 4);
    return at < 0 ? undefined : this.view.getUint32(at, true);
  }

  /** A copy; null if absent or empty. */
  bytes(type: number): Uint8Array | null {
    const at = this.find(type);
    if (at < 0) return null;
    const length = this.view.getUint16(at, true) - ATTRIBUTE_HEADER_SIZE;
    return length === 0 ? null : copyBytes(this.view, at + ATTRIBUTE_HEADER_SIZE, length);
  }

  /** An IPv4 or IPv6 address in network order; null if absent or of another length. */
  ip(type: number): Uint8Array | null {
    const bytes = this.bytes(type);
    return bytes !== null && (bytes.length === 4 || bytes.length === 16) ? bytes : null;
  }

  /** Up to the first NUL. */
  text(type: number): string | undefined {
    const bytes = this.bytes(type);
    if (bytes === null) return undefined;
    const nul = bytes.indexOf(0);
    return latin1.decode(nul < 0 ? bytes : bytes.subarray(0, nul));
  }

  /** Null if absent or broken inside. */
  nested(type: number): Attributes | null {
    const at = this.find(type);
    if (at < 0) return null;
    return Attributes.read(this.view, at + ATTRIBUTE_HEADER_SIZE, at + this.view.getUint16(at, true));
  }

  private find(type: number): number {
    let at = this.start;
    while (at + ATTRIBUTE_HEADER_SIZE <= this.end) {
      if ((this.view.getUint16(at + 2, true) & TYPE_MASK) === type) return at;
      at += align4(this.view.getUint16(at, true));
    }
    return -1;
  }

  private payload(type: number, atLeast: number): number {
    const at = this.find(type);
    if (at < 0 || this.view.getUint16(at, true) - ATTRIBUTE_HEADER_SIZE < atLeast) return -1;
    return at + ATTRIBUTE_HEADER_SIZE;
  }
}

/** A copy, because what is decoded outlives the receive buffer. The range lies inside the view, or it is our bug. */
function copyBytes(view: DataView, at: number, length: number): Uint8Array {
  if (at + length > view.byteLength) throw new RangeError("read past the end of a netlink buffer");
  return new Uint8Array(view.buffer, view.byteOffset + at, length).slice();
}
