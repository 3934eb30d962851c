// A batch of frames through the engine, and the sink that keeps a compiler from leaving any of it out.
import { Engine } from "../../dist/engine/engine.js";
import { FLOWS, makeTables } from "./vtep.mjs";

export const BATCH_FRAMES = 1000;
/** As AF_XDP's slots: a power of two, so that neighbouring frames compete for the same cache sets as they do in life. */
const SLOT_BYTES = 2048;
const HEADROOM_BYTES = 128;

/** Takes every copy, and folds what identifies it into one number. Part of what is measured, and as small as can be. */
class Sink {
  copies = 0;
  bytes = 0;
  mark = 0;

  toPort(port, bytes, offset, length) {
    this.take(port, bytes, offset, length);
  }

  toUnderlay(adjacency, bytes, offset, length) {
    this.take(adjacency, bytes, offset, length);
  }

  toKernel() {
    throw new Error("a next hop of the bench is not resolved");
  }

  take(target, bytes, offset, length) {
    this.copies += 1;
    this.bytes += length;
    this.mark = (this.mark ^ (bytes[offset + 5] << 8) ^ bytes[offset + length - 1] ^ target) | 0;
  }
}

export class Batch {
  constructor({ slot, frame, copies }) {
    this.slot = slot;
    this.copiesPerFrame = copies;
    this.pool = new Uint8Array(FLOWS * SLOT_BYTES);
    for (let flow = 0; flow < FLOWS; flow++) this.pool.set(frame(flow), flow * SLOT_BYTES + HEADROOM_BYTES);
    this.length = frame(0).length;
    this.sink = new Sink();
    this.engine = new Engine(makeTables(), this.sink);
    this.tick = 0;
  }

  /** 1000 frames, the flows in turn, at one moment: the next batch is a tick later, so sources are stamped again. */
  run() {
    const { engine, pool, length, slot } = this;
    this.tick += 1;
    for (let index = 0; index < BATCH_FRAMES; index++) {
      engine.handle(pool, (index % FLOWS) * SLOT_BYTES + HEADROOM_BYTES, length, slot, this.tick);
    }
  }

  /** A batch that drops its frames would be fast, and worth nothing. */
  verify(batches) {
    const expected = batches * BATCH_FRAMES * this.copiesPerFrame;
    if (this.sink.copies !== expected) throw new Error(`${this.sink.copies} copies left the engine, not ${expected}`);
  }
}
