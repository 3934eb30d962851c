// What is done with each frame that an AF_XDP socket has received: completed, handed to the engine, and noted where nobody
// took it. Apart from the socket, so that it stands beside the engine in one file (scripts/setup/bundle.mjs).

import type { Engine } from "../../engine/engine.js";
import { DESC_LENGTH, DESC_OFFSET, DESC_STRIDE } from "../../native/descriptor.js";
import type { XskSocket } from "../../native/frames.js";
import type { FrameRouter } from "./frame_router.js";
import { PartialChecksums } from "./partial_checksum.js";

export interface XskBatchParts {
  readonly engine: Engine;
  readonly router: FrameRouter;
  readonly slot: number;
  readonly isUplink: boolean;
  /** Drivers of hardware have completed or verified checksums; a veth, and generic XDP on anything, need not have. */
  readonly mendChecksums: boolean;
}

export class XskBatch {
  /** Frames that go back to the memory, as a socket's release() takes them. */
  readonly releases: Int32Array;
  private readonly checksums = new PartialChecksums();

  constructor(
    private readonly parts: XskBatchParts,
    mostFrames: number,
  ) {
    this.releases = new Int32Array(mostFrames * DESC_STRIDE);
  }

  /** Returns how many frames nobody took; they stand in `releases`. */
  handle({ descriptors, pool }: Pick<XskSocket, "descriptors" | "pool">, count: number, tick: number): number {
    const { engine, router, slot, isUplink, mendChecksums } = this.parts;
    let kept = 0;
    for (let index = 0; index < count; index++) {
      const offset = descriptors[index * DESC_STRIDE + DESC_OFFSET]!;
      const length = descriptors[index * DESC_STRIDE + DESC_LENGTH]!;
      if (mendChecksums) this.checksums.complete(pool, offset, length, isUplink);
      router.taken = false;
      engine.handle(pool, offset, length, slot, tick);
      if (!router.taken) this.releases[kept++ * DESC_STRIDE + DESC_OFFSET] = offset;
    }
    return kept;
  }
}
