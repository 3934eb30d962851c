// Frames that leave by one AF_XDP socket, a batch per system call, from the memory in which they were received.

import { Drop } from "../../abi/generated.js";
import { DESC_FLAGS, DESC_LENGTH, DESC_OFFSET, DESC_STRIDE, FRAME_REFUSED } from "../../native/descriptor.js";
import type { XskSocket } from "../../native/frames.js";
import type { Tables } from "../../tables/tables.js";

const BATCH_FRAMES = 256;

export class XskEgress {
  private readonly descriptors = new Int32Array(BATCH_FRAMES * DESC_STRIDE);
  private readonly bds = new Uint16Array(BATCH_FRAMES);
  private count = 0;
  /** The memory that frames must lie in. */
  readonly pool: Uint8Array;

  constructor(
    private readonly tables: Tables,
    private readonly socket: Pick<XskSocket, "pool" | "send" | "release">,
    private readonly slot: number,
  ) {
    this.pool = socket.pool;
  }

  get empty(): boolean {
    return this.count === 0;
  }

  /** The frame, which the caller has, belongs to this socket from here on. */
  append(bd: number, offset: number, length: number): void {
    if (this.count === BATCH_FRAMES) this.flush();
    const word = this.count * DESC_STRIDE;
    this.descriptors[word + DESC_OFFSET] = offset;
    this.descriptors[word + DESC_LENGTH] = length;
    this.descriptors[word + DESC_FLAGS] = 0;
    this.bds[this.count++] = bd;
  }

  flush(): void {
    const { count } = this;
    this.count = 0;
    if (count !== 0 && this.socket.send(this.descriptors, count) !== count) this.dropRefused(count);
  }

  private dropRefused(count: number): void {
    let refused = 0;
    for (let index = 0; index < count; index++) {
      if ((this.descriptors[index * DESC_STRIDE + DESC_FLAGS]! & FRAME_REFUSED) === 0) continue;
      this.tables.counters.drop(Drop.TRANSMIT_FAILED, this.slot, this.bds[index]!);
      this.descriptors[refused++ * DESC_STRIDE + DESC_OFFSET] = this.descriptors[index * DESC_STRIDE + DESC_OFFSET]!;
    }
    this.socket.release(this.descriptors, refused);
  }
}
