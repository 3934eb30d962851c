// Frames of one interface by AF_XDP: a socket for each receive queue, all on shared memory. Bounded work per wake-up, as
// in packet_source.ts. Every received frame goes to exactly one place: a socket that sends it, or back to the memory.

import type { Engine } from "../../engine/engine.js";
import type { FixCounts } from "../../fixer/counts.js";
import type { Netns } from "../../native/bpf.js";
import { NativeError } from "../../native/error.js";
import { ethtoolGetFeatures, ethtoolSetFeature, monotonicCoarseTicks, type XskSocket } from "../../native/index.js";
import type { Tables, VtepSettings } from "../../tables/tables.js";
import { VtepError } from "../../wire/error.js";
import type { InterfacePlan } from "../driver.js";
import type { FrameRouter } from "./frame_router.js";
import type { FrameSource } from "./source.js";
import { XskBatch } from "./xsk_batch.js";
import { XskEgress } from "./xsk_egress.js";
import type { XskMemory } from "./xsk_memory.js";
import { XskProgram } from "./xsk_program.js";

/** Each costs frames of the shared memory. */
const MAX_QUEUES = 8;
const FRAMES_PER_RECEIVE = 256;

export interface XskParts {
  readonly tables: Tables;
  readonly engine: Engine;
  readonly router: FrameRouter;
  readonly memory: XskMemory;
  readonly netns: Netns;
}

export class XskSource implements FrameSource {
  private readonly sockets: XskSocket[] = [];
  private readonly program: XskProgram;
  private readonly batch: XskBatch;
  private reportedOverruns = 0;
  private vlanWasStripped = false;

  constructor(
    private readonly plan: InterfacePlan,
    mode: "native" | "generic",
    private readonly parts: XskParts,
  ) {
    const isUplink = plan.role === "uplink";
    const mendChecksums = plan.kind === "veth" || mode === "generic";
    this.batch = new XskBatch({ ...parts, slot: plan.slot, isUplink, mendChecksums }, FRAMES_PER_RECEIVE);
    this.program = new XskProgram(plan.role);
    try {
      this.open(mode);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  followSettings(settings: VtepSettings): void {
    this.program.configure(settings);
  }

  takeOverruns(): number {
    let total = 0;
    for (const socket of this.sockets) {
      const { rxDropped, rxRingFull, rxFillRingEmpty } = socket.statistics();
      total += rxDropped + rxRingFull + rxFillRingEmpty;
    }
    const news = total - this.reportedOverruns;
    this.reportedOverruns = total;
    return news;
  }

  fixes(): FixCounts | undefined {
    return this.program.fixes();
  }

  close(): void {
    const { router, memory } = this.parts;
    router.setEgress(this.plan.slot, undefined);
    this.program.close();
    for (const socket of this.sockets) memory.close(socket);
    if (this.vlanWasStripped) this.restoreStripping();
  }

  private restoreStripping(): void {
    try {
      ethtoolSetFeature(this.plan.name, "rx-vlan", true, this.parts.netns);
    } catch (error) {
      if (!(error instanceof NativeError && error.code === "ENODEV")) throw error;
    }
  }

  private open(mode: "native" | "generic"): void {
    const { tables, router, netns } = this.parts;
    const { ifindex, name, slot } = this.plan;
    this.openQueues();
    // A tag that hardware takes out of the frame is invisible to XDP, and VLANs would be mixed up.
    if (ethtoolGetFeatures(name, netns)["rx-vlan"]) {
      if (!ethtoolSetFeature(name, "rx-vlan", false, netns))
        throw new VtepError("rx_vlan_fixed", `${name} cannot leave VLAN tags in frames`);
      this.vlanWasStripped = true;
    }
    this.program.configure(tables.settings);
    router.setEgress(slot, new XskEgress(tables, this.sockets[0]!, slot));
    this.program.attach(ifindex, mode, netns, tables.interfaces.repairAt(slot));
    for (const socket of this.sockets) socket.start(() => this.onReadable(socket));
  }

  /** The kernel refuses the first queue that is not there. */
  private openQueues(): void {
    const { memory, netns } = this.parts;
    for (let queue = 0; queue <= MAX_QUEUES; queue++) {
      let socket: XskSocket;
      try {
        socket = memory.open(this.plan.ifindex, queue, netns);
      } catch (error) {
        if (queue > 0 && error instanceof NativeError && error.code === "EINVAL") return;
        throw error;
      }
      this.sockets.push(socket);
      this.program.setSocket(queue, socket.fd);
    }
    throw new VtepError("too_many_queues", `${this.plan.name} has more than ${MAX_QUEUES} queues (ethtool -L)`);
  }

  private onReadable(socket: XskSocket): void {
    const count = this.receive(socket);
    if (count === 0) return;
    const { router } = this.parts;
    const kept = this.batch.handle(socket, count, monotonicCoarseTicks());
    router.flush();
    socket.release(this.batch.releases, kept);
  }

  private receive(socket: XskSocket): number {
    try {
      return socket.receive();
    } catch {
      // The interface is gone; control closes and opens it again when it is back.
      socket.stop();
      return 0;
    }
  }
}
