// Frames of one interface by AF_PACKET. A wake-up handles a bounded number of them and returns to the event loop, which
// calls every readable interface in turn: a flooded port takes its share and no more.

import { Drop } from "../../abi/generated.js";
import type { Netns } from "../../native/bpf.js";
import { NativeError } from "../../native/error.js";
import { monotonicCoarseTicks, PacketSocket } from "../../native/index.js";
import type { Tables } from "../../tables/tables.js";
import { type FramePool, framePool } from "./frame_pool.js";
import type { Intake } from "./intake.js";
import type { FrameSource } from "./source.js";

/** Times 64 frames; each may be a super-packet of 45 segments. */
const BATCHES_PER_WAKE_UP = 4;
const SLOTS = 64;

export interface PacketSourceOptions {
  readonly slot: number;
  readonly ifindex: number;
  readonly netns: Netns;
  /** Classic BPF; undefined takes every frame, of every destination. */
  readonly filter: Uint8Array | undefined;
}

export class PacketSource implements FrameSource {
  private readonly socket: PacketSocket;
  private readonly pool: FramePool;
  private readonly slot: number;

  constructor(
    options: PacketSourceOptions,
    private readonly tables: Tables,
    private readonly intake: Intake,
  ) {
    const { ifindex, netns, filter } = options;
    this.slot = options.slot;
    const limits = filter === undefined ? { promiscuous: true } : { filter };
    this.socket = new PacketSocket({ ifindex, netns, vnetHeader: true, slots: SLOTS, ...limits });
    this.pool = framePool(this.socket.pool);
    this.socket.start(() => this.onReadable());
  }

  takeOverruns(): number {
    return this.socket.statistics().drops;
  }

  close(): void {
    this.socket.close();
  }

  private onReadable(): void {
    const { socket, intake, pool, slot } = this;
    const tick = monotonicCoarseTicks();
    for (let batch = 0; batch < BATCHES_PER_WAKE_UP; batch++) {
      const count = this.receive();
      if (count === 0) return;
      intake.takeBatch(pool, socket.descriptors, count, slot, tick);
      if (count < SLOTS) return;
    }
  }

  /** 0 where nothing is there, or the socket reports an error instead. */
  private receive(): number {
    try {
      return this.socket.receive();
    } catch (error) {
      this.onError(error);
      return 0;
    }
  }

  private onError(error: unknown): void {
    const code = error instanceof NativeError ? error.code : "";
    // A super-packet of a kind that the offload header has no word for (SCTP); the kernel dropped that one frame.
    if (code === "EINVAL") this.tables.counters.drop(Drop.RECEIVE_OVERRUN, this.slot, 0);
    // A link that went down comes back, and this socket with it. Anything else ends it until control opens it again.
    else if (code !== "ENETDOWN") this.socket.stop();
  }
}
