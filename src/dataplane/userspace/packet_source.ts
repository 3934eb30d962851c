// Frames of one interface by AF_PACKET. A wake-up handles one batch and returns to the event loop, which calls every
// readable interface in turn: a flooded port takes its share and no more.

import { Drop } from "../../abi/generated.js";
import type { Netns } from "../../native/bpf.js";
import { NativeError } from "../../native/error.js";
import { monotonicCoarseTicks, PacketSocket } from "../../native/index.js";
import type { Tables, VtepSettings } from "../../tables/tables.js";
import type { InterfacePlan } from "../driver.js";
import { uplinkFilter } from "./filter.js";
import { type FramePool, framePool } from "./frame_pool.js";
import type { Intake } from "./intake.js";
import type { FrameSource } from "./source.js";

/** Frames per wake-up; each may be a super-packet of 45 segments. */
const SLOTS = 64;

export class PacketSource implements FrameSource {
  private filter: Uint8Array | undefined;
  private socket: PacketSocket;
  private pool: FramePool;
  /** Overruns of sockets that were replaced, not taken yet. */
  private formerOverruns = 0;

  constructor(
    private readonly plan: InterfacePlan,
    private readonly netns: Netns,
    private readonly tables: Tables,
    private readonly intake: Intake,
  ) {
    this.filter = plan.role === "uplink" ? this.filterFor(tables.settings) : undefined;
    this.socket = this.open(this.filter);
    this.pool = framePool(this.socket.pool);
  }

  /** An uplink's filter holds address and port. What waits in the former socket was for the former ones. */
  followSettings(settings: VtepSettings): void {
    if (this.filter === undefined) return;
    const filter = this.filterFor(settings);
    if (Buffer.compare(filter, this.filter) === 0) return;
    const former = this.socket;
    this.socket = this.open(filter);
    this.pool = framePool(this.socket.pool);
    this.filter = filter;
    this.formerOverruns += former.statistics().drops;
    former.close();
  }

  takeOverruns(): number {
    const drops = this.formerOverruns + this.socket.statistics().drops;
    this.formerOverruns = 0;
    return drops;
  }

  close(): void {
    this.socket.close();
  }

  private filterFor(settings: VtepSettings): Uint8Array {
    return uplinkFilter(settings, this.tables.interfaces.isRepaired(this.plan.slot));
  }

  /** Without a filter: every frame, whatever its destination. */
  private open(filter: Uint8Array | undefined): PacketSocket {
    const which = filter === undefined ? { promiscuous: true } : { filter };
    const { ifindex } = this.plan;
    const socket = new PacketSocket({ ifindex, netns: this.netns, vnetHeader: true, slots: SLOTS, ...which });
    socket.start(() => this.onReadable());
    return socket;
  }

  private onReadable(): void {
    const count = this.receive();
    if (count === 0) return;
    this.intake.takeBatch(this.pool, this.socket.descriptors, count, this.plan.slot, monotonicCoarseTicks());
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
    if (code === "EINVAL") this.tables.counters.drop(Drop.RECEIVE_OVERRUN, this.plan.slot, 0);
    // A link that went down comes back, and this socket with it. Anything else ends it until control opens it again.
    else if (code !== "ENETDOWN") this.socket.stop();
  }
}
