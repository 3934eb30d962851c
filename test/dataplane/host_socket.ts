// A host that is only a packet socket: sends made-up frames and looks for expected ones.
import { DESC_LENGTH, DESC_OFFSET, DESC_STRIDE } from "../../src/native/descriptor.js";
import { PacketSocket } from "../../src/native/index.js";

/** A request from 02:…:aa for an address that nobody has; vlan 0 sends it untagged. */
export function arpRequest(vlan: number): Uint8Array {
  const tag = vlan === 0 ? [] : [0x81, 0, vlan >>> 8, vlan & 0xff];
  const sender = [2, 0, 0, 0, 0, 0xaa];
  const body = [0, 1, 8, 0, 6, 4, 0, 1, ...sender, 192, 168, 0, 9, 0, 0, 0, 0, 0, 0, 192, 168, 0, 200 + vlan];
  return Uint8Array.from([...Array(6).fill(0xff), ...sender, ...tag, 8, 6, ...body]);
}

export class HostSocket {
  private readonly socket: PacketSocket;
  private readonly seen = new Map<string, number>();
  /** Every frame that receive() has found, in hex, in the order of arrival. */
  readonly arrived: string[] = [];

  constructor(
    netns: string,
    private readonly ifindex: number,
  ) {
    this.socket = new PacketSocket({ ifindex, netns, promiscuous: true });
  }

  /** Sends one frame; the kernel must take it. */
  send(frame: Uint8Array): void {
    if (this.socket.send(Int32Array.of(0, frame.length, this.ifindex, 0, 0, 0, 0, 0), 1, frame) !== 1)
      throw new Error("not sent");
  }

  /** Sends as many copies as the kernel takes at once. */
  flood(frame: Uint8Array, copies: number): void {
    const descriptors = new Int32Array(copies * DESC_STRIDE);
    for (let word = 0; word < descriptors.length; word += DESC_STRIDE)
      descriptors.set([0, frame.length, this.ifindex], word);
    this.socket.send(descriptors, copies, frame);
  }

  /** Sends frames in one go; the kernel must take them all. */
  sendAll(frames: readonly Uint8Array[]): void {
    const descriptors = new Int32Array(frames.length * DESC_STRIDE);
    let offset = 0;
    for (const [index, { length }] of frames.entries()) {
      descriptors.set([offset, length, this.ifindex], index * DESC_STRIDE);
      offset += length;
    }
    if (this.socket.send(descriptors, frames.length, Buffer.concat(frames)) !== frames.length)
      throw new Error("not sent");
  }

  /** Has this very frame come? */
  receive(frame: Uint8Array): boolean {
    this.drain();
    return this.times(frame) > 0;
  }

  times(frame: Uint8Array): number {
    return this.seen.get(Buffer.from(frame).toString("hex")) ?? 0;
  }

  close(): void {
    this.socket.close();
  }

  private drain(): void {
    for (let count = this.socket.receive(); count > 0; count = this.socket.receive()) {
      for (let word = 0; word < count * DESC_STRIDE; word += DESC_STRIDE) {
        const offset = this.socket.descriptors[word + DESC_OFFSET]!;
        const frame = this.socket.pool.subarray(offset, offset + this.socket.descriptors[word + DESC_LENGTH]!);
        const key = Buffer.from(frame).toString("hex");
        this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
        this.arrived.push(key);
      }
    }
  }
}
