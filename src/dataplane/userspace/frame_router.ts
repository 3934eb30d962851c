// Where a finished frame leaves: by the AF_XDP socket of its interface if it lies in that socket's memory, else by the
// packet socket. A frame received by AF_XDP is so encapsulated in place and sent without a copy; floods and mixed pairs
// of sockets are copied, which is what the packet socket does anyway.

import type { Transmit } from "../../engine/execute.js";
import type { Tables } from "../../tables/tables.js";
import type { PacketTransmit } from "../io/transmit.js";
import type { XskEgress } from "./xsk_egress.js";

export class FrameRouter implements Transmit {
  /** Did an AF_XDP socket take the received frame's own memory? Reset by whoever hands a frame to the engine. */
  taken = false;
  /** Set: the frame's last copy, if it is for a port, is not sent but noted in `heldPort` and `heldAt`. */
  holding = false;
  /** The same, if it is for a next hop of the underlay: it is noted in `heldAdjacency` and `heldAt`. */
  holdingTunnelled = false;
  /** 0 = nothing is held. */
  heldPort = 0;
  heldAdjacency = 0;
  heldAt = 0;
  private readonly egresses: (XskEgress | undefined)[] = [];
  private readonly waiting: XskEgress[] = [];

  constructor(
    private readonly tables: Tables,
    readonly packets: PacketTransmit,
  ) {}

  /** Frames for this interface slot may leave by an AF_XDP socket; undefined ends it. */
  setEgress(slot: number, egress: XskEgress | undefined): void {
    this.egresses[slot] = egress;
  }

  toPort(port: number, bytes: Uint8Array, offset: number, length: number, last: boolean): void {
    const { ports } = this.tables;
    if (last && this.holding) {
      this.heldPort = port;
      this.heldAt = offset;
      return;
    }
    if (last && this.takeInPlace(ports.slot[port]!, ports.bd[port]!, bytes, offset, length)) return;
    this.packets.toPort(port, bytes, offset, length, last);
  }

  toUnderlay(adjacency: number, bytes: Uint8Array, offset: number, length: number, last: boolean): void {
    if (last && this.holdingTunnelled) {
      this.heldAdjacency = adjacency;
      this.heldAt = offset;
      return;
    }
    if (last && this.takeInPlace(this.tables.adjacencies.slot[adjacency]!, 0, bytes, offset, length)) return;
    this.packets.toUnderlay(adjacency, bytes, offset, length, last);
  }

  toKernel(vtep: number, bytes: Uint8Array, offset: number, length: number): void {
    this.packets.toKernel(vtep, bytes, offset, length);
  }

  flush(): void {
    this.packets.flush();
    for (let index = 0; index < this.waiting.length; index++) this.waiting[index]!.flush();
    this.waiting.length = 0;
  }

  private takeInPlace(slot: number, bd: number, bytes: Uint8Array, offset: number, length: number): boolean {
    const egress = this.egresses[slot];
    if (egress === undefined || egress.pool !== bytes) return false;
    if (egress.empty) this.waiting.push(egress);
    egress.append(bd, offset, length);
    this.taken = true;
    return true;
  }
}
