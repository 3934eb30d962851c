// What two drivers have in common: an engine that sends by a packet socket, and leaves to the kernel's routing what has no
// next hop; and the frames that the control plane sends through it. How frames come in is the driver's own matter.

import { Engine, type EngineListener } from "../../engine/engine.js";
import type { Transmit } from "../../engine/execute.js";
import type { Netns } from "../../native/bpf.js";
import { PacketSocket } from "../../native/index.js";
import type { Tables } from "../../tables/tables.js";
import { KernelRoute } from "./kernel_route.js";
import { OwnTransmit } from "./own_transmit.js";
import { PacketTransmit } from "./transmit.js";
import { wholeWhenHeld } from "./whole_when_held.js";

const SEND_BUFFER_BYTES = 4 << 20;

export interface PacketDriverParts<Way extends Transmit> {
  readonly tables: Tables;
  readonly listener: EngineListener | undefined;
  /** Where the interfaces are; undefined: the process's own namespace. */
  readonly netns?: Netns | undefined;
  /** Frames may be super-packets, or leave with an open checksum. */
  readonly vnetHeader: boolean;
  /** What the engine sends by, where that is not the packet socket alone. */
  readonly wayOut: (packets: PacketTransmit) => Way;
}

export abstract class PacketDriver<Way extends Transmit> {
  protected readonly tables: Tables;
  protected readonly packets: PacketTransmit;
  protected readonly wayOut: Way;
  protected readonly engine: Engine;
  /** In the order of opening; closed backwards. */
  private readonly handles: { close(): void }[] = [];

  protected constructor({ tables, listener, netns, vnetHeader, wayOut }: PacketDriverParts<Way>) {
    this.tables = tables;
    const sender = this.keep(new PacketSocket({ ifindex: 0, netns, vnetHeader, sendBufferBytes: SEND_BUFFER_BYTES }));
    this.packets = new PacketTransmit(tables, sender, this.keep(new KernelRoute(tables)));
    this.wayOut = wayOut(this.packets);
    const heard = listener && wholeWhenHeld(listener, this.packets);
    this.engine = new Engine(tables, this.wayOut, heard, new OwnTransmit(this.packets));
  }

  inject(slot: number, frame: Uint8Array): void {
    this.packets.toInterface(slot, 0, frame, 0, frame.length, true);
    this.packets.flush();
  }

  originate(bd: number, frame: Uint8Array, tick: number): void {
    this.engine.originate(frame, bd, tick);
    this.packets.flush();
  }

  resume(slot: number, frame: Uint8Array, tick: number): void {
    this.engine.resume(frame, slot, tick);
    this.packets.flush();
  }

  giveUp(slot: number, frame: Uint8Array, tick: number): void {
    this.engine.giveUp(frame, slot, tick);
    this.packets.flush();
  }

  close(): void {
    for (const handle of this.handles.splice(0).reverse()) handle.close();
  }

  /** Closed with the driver. */
  protected keep<T extends { close(): void }>(handle: T): T {
    this.handles.push(handle);
    return handle;
  }
}
