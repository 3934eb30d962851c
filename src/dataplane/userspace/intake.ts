// From a frame as a packet socket delivers it to frames as the engine wants them: whole, single, with headroom, and with
// checksums that whoever sends it on will complete. Nothing here decides where a frame goes.

import { ConfigFlag, Drop, Family } from "../../abi/generated.js";
import type { Engine } from "../../engine/engine.js";
import {
  DESC_CHECKSUM_OFFSET,
  DESC_CHECKSUM_START,
  DESC_FLAGS,
  DESC_GSO_SIZE,
  DESC_GSO_TYPE,
  DESC_LENGTH,
  DESC_OFFSET,
  DESC_STRIDE,
  FRAME_CHECKSUM_PARTIAL,
  FRAME_TRUNCATED,
  GSO_NONE,
} from "../../native/descriptor.js";
import type { Tables } from "../../tables/tables.js";
import { completeChecksum } from "../io/complete_checksum.js";
import { CHECKSUM_COMPLETE } from "../io/transmit.js";
import { ABSENT } from "./frame_headers.js";
import type { FramePool } from "./frame_pool.js";
import type { FrameRouter } from "./frame_router.js";
import { Segmenter } from "./segment.js";

export class Intake {
  private readonly segmenter = new Segmenter();

  constructor(
    private readonly tables: Tables,
    private readonly engine: Engine,
    private readonly router: FrameRouter,
  ) {}

  /** Handles `count` described frames of an interface, and sends what came of them. */
  takeBatch(pool: FramePool, descriptors: Int32Array, count: number, slot: number, tick: number): void {
    for (let index = 0; index < count; index++) this.take(pool, descriptors, index * DESC_STRIDE, slot, tick);
    this.flush();
  }

  private flush(): void {
    this.router.flush();
    this.segmenter.rewind();
  }

  private take(pool: FramePool, descriptors: Int32Array, word: number, slot: number, tick: number): void {
    const flags = descriptors[word + DESC_FLAGS]!;
    const gsoType = descriptors[word + DESC_GSO_TYPE]!;
    const offset = descriptors[word + DESC_OFFSET]!;
    const length = descriptors[word + DESC_LENGTH]!;
    // Only a super-packet beyond 64 KiB (BIG TCP) is longer than a slot.
    if ((flags & FRAME_TRUNCATED) !== 0) this.tables.counters.drop(Drop.MTU_EXCEEDED, slot, 0);
    else if (gsoType !== GSO_NONE) this.takeSuperPacket(pool, descriptors, word, slot, tick);
    else if ((flags & FRAME_CHECKSUM_PARTIAL) === 0) this.engine.handle(pool.bytes, offset, length, slot, tick);
    else {
      const start = offset + descriptors[word + DESC_CHECKSUM_START]!;
      this.takePartial(pool.bytes, offset, length, start, descriptors[word + DESC_CHECKSUM_OFFSET]!, slot, tick);
    }
  }

  private takePartial(
    bytes: Uint8Array,
    offset: number,
    length: number,
    start: number,
    field: number,
    slot: number,
    tick: number,
  ): void {
    if (this.outerChecksumCovers(slot)) completeChecksum(bytes, start, field, offset + length);
    else this.router.packets.setPartialChecksum(start, field);
    this.engine.handle(bytes, offset, length, slot, tick);
    this.router.packets.setPartialChecksum(CHECKSUM_COMPLETE, 0);
  }

  /** May this frame be sent inside a packet whose own checksum is computed from these bytes? */
  private outerChecksumCovers(slot: number): boolean {
    const { settings, interfaces } = this.tables;
    if (interfaces.isUplink(slot)) return false;
    return settings.family === Family.IPV6 || (settings.flags & ConfigFlag.UDP_CHECKSUM) !== 0;
  }

  private takeSuperPacket(pool: FramePool, descriptors: Int32Array, word: number, slot: number, tick: number): void {
    const { segmenter } = this;
    const partial = (descriptors[word + DESC_FLAGS]! & FRAME_CHECKSUM_PARTIAL) !== 0;
    const count = segmenter.begin(
      pool,
      descriptors[word + DESC_OFFSET]!,
      descriptors[word + DESC_LENGTH]!,
      descriptors[word + DESC_GSO_TYPE]!,
      descriptors[word + DESC_GSO_SIZE]!,
      partial ? descriptors[word + DESC_CHECKSUM_START]! : ABSENT,
    );
    if (count === 0) this.tables.counters.drop(Drop.RECEIVE_OVERRUN, slot, 0);
    for (let index = 0; index < count; index++) this.takeSegment(slot, tick);
  }

  private takeSegment(slot: number, tick: number): void {
    const { segmenter } = this;
    if (!segmenter.next()) {
      this.flush();
      segmenter.next();
    }
    this.engine.handle(segmenter.pool.bytes, segmenter.offset, segmenter.length, slot, tick);
  }
}
