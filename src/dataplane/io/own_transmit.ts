// Frames that the engine made itself, or had kept: they lie in a buffer of its own, which the next one overwrites, so
// each is copied; and they bear nothing of the frame that is being handled, such as a checksum to be completed.

import type { Transmit } from "../../engine/execute.js";
import type { PacketTransmit } from "./transmit.js";

export class OwnTransmit implements Transmit {
  constructor(private readonly packets: PacketTransmit) {}

  toPort(port: number, bytes: Uint8Array, offset: number, length: number): void {
    const start = this.packets.suspendPartialChecksum();
    this.packets.toPort(port, bytes, offset, length, false);
    this.packets.resumePartialChecksum(start);
  }

  toUnderlay(adjacency: number, bytes: Uint8Array, offset: number, length: number): void {
    const start = this.packets.suspendPartialChecksum();
    this.packets.toUnderlay(adjacency, bytes, offset, length, false);
    this.packets.resumePartialChecksum(start);
  }

  toKernel(vtep: number, bytes: Uint8Array, offset: number, length: number): void {
    const start = this.packets.suspendPartialChecksum();
    this.packets.toKernel(vtep, bytes, offset, length);
    this.packets.resumePartialChecksum(start);
  }
}
