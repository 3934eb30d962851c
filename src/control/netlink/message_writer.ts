/** Builds one request: header, fixed members, attributes. The sequence number stays 0; the client fills it in. */
import { align4, MessageFlag, NLMSG_HEADER_SIZE, viewOf } from "./header.js";

const NESTED_BIT = 0x8000;
const MAX_ATTRIBUTE_SIZE = 0xffff;

const encoder = new TextEncoder();

export class MessageWriter {
  private bytes = new Uint8Array(256);
  private view = viewOf(this.bytes);
  private at = NLMSG_HEADER_SIZE;

  constructor(type: number, flags: number) {
    this.view.setUint16(4, type, true);
    this.view.setUint16(6, flags | MessageFlag.request, true);
  }

  u8(value: number): this {
    this.view.setUint8(this.take(1), value);
    return this;
  }

  u16(value: number): this {
    this.view.setUint16(this.take(2), value, true);
    return this;
  }

  u32(value: number): this {
    this.view.setUint32(this.take(4), value, true);
    return this;
  }

  attribute(type: number, payload: Uint8Array): this {
    if (payload.length + 4 > MAX_ATTRIBUTE_SIZE) throw new RangeError(`netlink attribute of ${payload.length} bytes`);
    this.u16(payload.length + 4).u16(type);
    const at = this.take(align4(payload.length));
    this.bytes.set(payload, at);
    return this;
  }

  attributeU8(type: number, value: number): this {
    return this.attribute(type, Uint8Array.of(value));
  }

  attributeU16(type: number, value: number): this {
    return this.attribute(type, Uint8Array.of(value & 0xff, (value >> 8) & 0xff));
  }

  attributeU16be(type: number, value: number): this {
    return this.attribute(type, Uint8Array.of((value >> 8) & 0xff, value & 0xff));
  }

  attributeU32(type: number, value: number): this {
    this.u16(8).u16(type);
    return this.u32(value);
  }

  /** Interface names and link kinds: the kernel wants the NUL. */
  attributeText(type: number, value: string): this {
    return this.attribute(type, encoder.encode(`${value}\0`));
  }

  nest(type: number, build: () => void): this {
    const start = this.take(4);
    build();
    const length = this.at - start;
    if (length > MAX_ATTRIBUTE_SIZE) throw new RangeError(`netlink attribute of ${length} bytes`);
    this.view.setUint16(start, length, true);
    this.view.setUint16(start + 2, type | NESTED_BIT, true);
    return this;
  }

  finish(): Uint8Array {
    this.view.setUint32(0, this.at, true);
    return this.bytes.slice(0, this.at);
  }

  /** New bytes are zero, padding included. */
  private take(length: number): number {
    const at = this.at;
    this.at += length;
    if (this.at > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.at, this.bytes.length * 2));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = viewOf(larger);
    }
    return at;
  }
}
