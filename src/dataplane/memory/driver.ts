// The data path without a kernel: frames go in by `receive` and come out in `sent`. It is what the
// corpus runs through, and the shortest complete Driver.

import { Engine, type EngineListener } from "../../engine/engine.js";
import { HEADROOM_BYTES, type Transmit } from "../../engine/execute.js";
import { repairArrival } from "../../engine/repair.js";
import type { Tables } from "../../tables/tables.js";
import type { Driver, DriverCounters, InterfacePlan, OpenedInterface } from "../driver.js";

export interface SentFrame {
  readonly to: "port" | "underlay" | "kernel" | "inject";
  /** Port, adjacency, VTEP or interface slot. */
  readonly target: number;
  readonly bytes: Uint8Array;
}

const NO_COUNTS = new Float64Array(0);
const SLOT_BYTES = 65536 + HEADROOM_BYTES;

export class MemoryDriver implements Driver, Transmit {
  readonly name = "memory";
  readonly sent: SentFrame[] = [];
  private readonly engine: Engine;
  private readonly buffer = new Uint8Array(SLOT_BYTES);

  constructor(
    private readonly tables: Tables,
    listener?: EngineListener,
  ) {
    this.engine = new Engine(tables, this, listener);
  }

  /** Decides, executes and applies one frame; the decision stays readable until the next. */
  receive(slot: number, frame: Uint8Array, tick: number) {
    this.buffer.set(frame, HEADROOM_BYTES);
    repairArrival(this.tables, this.buffer, HEADROOM_BYTES, frame.length, slot);
    return this.engine.handle(this.buffer, HEADROOM_BYTES, frame.length, slot, tick);
  }

  toPort(port: number, bytes: Uint8Array, offset: number, length: number): void {
    this.sent.push({ to: "port", target: port, bytes: bytes.slice(offset, offset + length) });
  }

  toUnderlay(adjacency: number, bytes: Uint8Array, offset: number, length: number): void {
    this.sent.push({ to: "underlay", target: adjacency, bytes: bytes.slice(offset, offset + length) });
  }

  toKernel(vtep: number, bytes: Uint8Array, offset: number, length: number): void {
    this.sent.push({ to: "kernel", target: vtep, bytes: bytes.slice(offset, offset + length) });
  }

  openInterface(plan: InterfacePlan): OpenedInterface {
    return { slot: plan.slot, hook: "userspace", reason: "frames are handed in by the test" };
  }

  closeInterface(): void {}

  /** The engine reads the tables themselves: nothing to copy. */
  apply(tables: Tables): [] {
    tables.deltas.clear();
    return [];
  }

  readCounters(): DriverCounters {
    const { interfaces, counters } = this.tables;
    const fixes = Array.from(interfaces.repairedSlots(), (slot) => counters.fixesAt(slot));
    return { ports: NO_COUNTS, vteps: NO_COUNTS, bridgeDomains: NO_COUNTS, drops: [], fixes, punts: [] };
  }

  readSeen(): void {}

  inject(slot: number, frame: Uint8Array): void {
    this.sent.push({ to: "inject", target: slot, bytes: frame.slice() });
  }

  originate(bd: number, frame: Uint8Array, tick: number): void {
    this.engine.originate(frame, bd, tick);
  }

  resume(slot: number, frame: Uint8Array, tick: number): void {
    this.engine.resume(frame, slot, tick);
  }

  giveUp(slot: number, frame: Uint8Array, tick: number): void {
    this.engine.giveUp(frame, slot, tick);
  }

  close(): void {
    this.sent.length = 0;
  }
}
