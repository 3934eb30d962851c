// Finished frames out through one AF_PACKET socket, a batch per system call. Shared by the data paths in which the
// engine sends. The frame's last copy is sent from where it lies; earlier copies of a flooded frame, whose bytes the
// next header overwrites, are copied into a pool first. Frames leave in the order they came in.

import { Drop, Limit } from "../../abi/generated.js";
import type { Transmit } from "../../engine/execute.js";
import {
  DESC_CHECKSUM_OFFSET,
  DESC_CHECKSUM_START,
  DESC_FLAGS,
  DESC_GSO_SIZE,
  DESC_GSO_TYPE,
  DESC_IFINDEX,
  DESC_LENGTH,
  DESC_OFFSET,
  DESC_STRIDE,
  FRAME_CHECKSUM_PARTIAL,
  FRAME_REFUSED,
  GSO_NONE,
} from "../../native/descriptor.js";
import type { PacketSocket } from "../../native/frames.js";
import type { Tables } from "../../tables/tables.js";
import { ETHERNET_HEADER_BYTES } from "../../wire/ethernet.js";
import { completeChecksum } from "./complete_checksum.js";
import type { KernelRoute } from "./kernel_route.js";

const BATCH_FRAMES = 256;
/** Room for a flood of full-size frames, or some super-packets, between two flushes. */
const POOL_BYTES = 1 << 20;
/** Absolute position that says: the frame's transport checksum is complete. */
export const CHECKSUM_COMPLETE = -1;

/** The part of PacketSocket that sending needs. */
export type FrameSender = Pick<PacketSocket, "send">;

/**
 * What is sent with `last` must stay untouched until flush(): a caller handles a batch, flushes, and only then
 * receives into the same buffers again.
 */
export class PacketTransmit implements Transmit {
  private readonly descriptors = new Int32Array(BATCH_FRAMES * DESC_STRIDE);
  /** Interface slot and bridge domain of each frame of the batch, for the drop counter. */
  private readonly slots = new Uint16Array(BATCH_FRAMES);
  private readonly bds = new Uint16Array(BATCH_FRAMES);
  private readonly copies = new Uint8Array(POOL_BYTES);
  private copiedBytes = 0;
  private count = 0;
  /** Where the frames of the batch lie: `copies`, or the buffer of the last one that was not copied. */
  private pool: Uint8Array = this.copies;
  private checksumStart = CHECKSUM_COMPLETE;
  private checksumField = 0;
  private gsoType = GSO_NONE;
  private gsoSize = 0;
  /** By interface slot: 1 where the kernel completes checksums of what leaves there. */
  private readonly takesPartial = new Uint8Array(Limit.MAX_INTERFACES);

  constructor(
    private readonly tables: Tables,
    private readonly sender: FrameSender,
    private readonly kernelRoute: KernelRoute,
  ) {}

  /** Frames with a partial checksum may leave by this interface as they are. Needs a sender with a vnet header. */
  acceptPartialChecksum(slot: number, accept: boolean): void {
    this.takesPartial[slot] = accept ? 1 : 0;
  }

  /**
   * The next frame to be handled carries a transport checksum that is yet to be completed: it covers the buffer from
   * `start` on and stands at `start + field`. CHECKSUM_COMPLETE ends it.
   */
  setPartialChecksum(start: number, field: number): void {
    this.checksumStart = start;
    this.checksumField = field;
  }

  /** Frames until resumePartialChecksum are others, and complete. Returns what that takes. */
  suspendPartialChecksum(): number {
    const start = this.checksumStart;
    this.checksumStart = CHECKSUM_COMPLETE;
    return start;
  }

  resumePartialChecksum(start: number): void {
    this.checksumStart = start;
  }

  /** The open checksum of the frame that is being handled, which ends at `offset + length`, is to be open no more. */
  closePartialChecksum(bytes: Uint8Array, offset: number, length: number): void {
    if (this.checksumStart !== CHECKSUM_COMPLETE) this.completeHere(bytes, offset, length);
  }

  /**
   * A super-packet, which the kernel cuts where it must: `segmentBytes` of payload each. Its partial checksum is set as
   * for setPartialChecksum; it stays where it is until flush().
   */
  toPortWhole(
    port: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    gsoType: number,
    segmentBytes: number,
  ): void {
    this.gsoType = gsoType;
    this.gsoSize = segmentBytes;
    this.toPort(port, bytes, offset, length, true);
    this.gsoType = GSO_NONE;
    this.gsoSize = 0;
  }

  toPort(port: number, bytes: Uint8Array, offset: number, length: number, last: boolean): void {
    const { ports } = this.tables;
    this.toInterface(ports.slot[port]!, ports.bd[port]!, bytes, offset, length, last);
  }

  toUnderlay(adjacency: number, bytes: Uint8Array, offset: number, length: number, last: boolean): void {
    const { adjacencies } = this.tables;
    this.append(adjacencies.slot[adjacency]!, 0, adjacencies.ifindex[adjacency]!, bytes, offset, length, last);
  }

  toKernel(vtep: number, bytes: Uint8Array, offset: number, length: number): void {
    this.closePartialChecksum(bytes, offset, length);
    this.kernelRoute.send(vtep, bytes, offset, length);
  }

  /** A finished frame out of an interface slot, whatever it is. */
  toInterface(slot: number, bd: number, bytes: Uint8Array, offset: number, length: number, last: boolean): void {
    this.append(slot, bd, this.tables.interfaces.ifindex[slot]!, bytes, offset, length, last);
  }

  /** Sends what has gathered. Frames that the kernel refuses are dropped and counted: it has no room, or no interface. */
  flush(): void {
    const { count } = this;
    if (count === 0) return;
    this.count = 0;
    this.copiedBytes = 0;
    if (this.sender.send(this.descriptors, count, this.pool) !== count) this.countRefused(count);
  }

  private countRefused(count: number): void {
    for (let index = 0; index < count; index++) {
      if ((this.descriptors[index * DESC_STRIDE + DESC_FLAGS]! & FRAME_REFUSED) === 0) continue;
      this.tables.counters.drop(Drop.TRANSMIT_FAILED, this.slots[index]!, this.bds[index]!);
    }
  }

  private append(
    slot: number,
    bd: number,
    ifindex: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    last: boolean,
  ): void {
    if (this.checksumStart !== CHECKSUM_COMPLETE) this.settleChecksum(slot, bytes, offset, length);
    const pool = last ? bytes : this.copies;
    if (pool !== this.pool || this.count === BATCH_FRAMES) this.flush();
    const at = last ? offset : this.copy(bytes, offset, length);
    this.pool = pool;
    this.slots[this.count] = slot;
    this.bds[this.count] = bd;
    this.describe(this.count++ * DESC_STRIDE, at, length, ifindex, this.checksumStart - offset);
  }

  private describe(word: number, at: number, length: number, ifindex: number, checksumStart: number): void {
    const { descriptors } = this;
    const partial = this.checksumStart !== CHECKSUM_COMPLETE;
    descriptors[word + DESC_OFFSET] = at;
    descriptors[word + DESC_LENGTH] = length;
    descriptors[word + DESC_IFINDEX] = ifindex;
    descriptors[word + DESC_FLAGS] = partial ? FRAME_CHECKSUM_PARTIAL : 0;
    descriptors[word + DESC_GSO_TYPE] = this.gsoType;
    descriptors[word + DESC_GSO_SIZE] = this.gsoSize;
    descriptors[word + DESC_CHECKSUM_START] = partial ? checksumStart : 0;
    descriptors[word + DESC_CHECKSUM_OFFSET] = partial ? this.checksumField : 0;
  }

  /** A checksum of a header that decapsulation took away is nobody's business any more. */
  private settleChecksum(slot: number, bytes: Uint8Array, offset: number, length: number): void {
    if (this.checksumStart < offset + ETHERNET_HEADER_BYTES) this.checksumStart = CHECKSUM_COMPLETE;
    else if (this.takesPartial[slot] === 0) this.completeHere(bytes, offset, length);
  }

  /** Once and for all copies that follow. */
  private completeHere(bytes: Uint8Array, offset: number, length: number): void {
    completeChecksum(bytes, this.checksumStart, this.checksumField, offset + length);
    this.checksumStart = CHECKSUM_COMPLETE;
  }

  private copy(bytes: Uint8Array, offset: number, length: number): number {
    if (this.copiedBytes + length > POOL_BYTES) this.flush();
    const at = this.copiedBytes;
    this.copiedBytes += length;
    this.copies.set(bytes.subarray(offset, offset + length), at);
    return at;
  }
}
