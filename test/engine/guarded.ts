// Runs frames through the engine inside a buffer of noise, and watches the edges: nothing may be written outside the
// frame and its headroom, and nothing outside the frame may influence the outcome.

import { Verdict } from "../../src/engine/decision.js";
import { Engine } from "../../src/engine/engine.js";
import { HEADROOM_BYTES, type Transmit } from "../../src/engine/execute.js";
import type { Given } from "../corpus/case.js";
import { type Built, buildTables } from "../corpus/given.js";
import { toHex } from "../corpus/packet.js";

const MARGIN = 64;

export interface Result {
  readonly verdict: number;
  readonly reason: number;
  readonly outputs: readonly string[];
  /** Drops counted for this frame: itself, or copies of it. */
  readonly drops: number;
  /** Sum of all traffic counters, before and after. */
  readonly counted: number;
}

export class GuardedEngine implements Transmit {
  readonly built: Built;
  private readonly engine: Engine;
  private outputs: string[] = [];
  private holds = 0;

  constructor(
    given: Given,
    private readonly noise: number,
  ) {
    this.built = buildTables(given);
    const quiet = { onRefusal: () => {}, onDiscovery: () => {}, onBinding: () => {} };
    // Every other packet that would wait finds room.
    this.engine = new Engine(this.built.tables, this, { ...quiet, onHold: () => this.holds++ % 2 === 0 });
  }

  /** Throws where the engine wrote beyond what it may. */
  run(slot: number, frame: Uint8Array, tick: number): Result {
    const offset = MARGIN + HEADROOM_BYTES;
    const buffer = new Uint8Array(offset + frame.length + MARGIN).fill(this.noise);
    buffer.set(frame, offset);
    this.outputs = [];
    const [drops, traffic] = [this.dropCount(), this.trafficSum()];
    const { verdict, reason } = this.engine.handle(buffer, offset, frame.length, slot, tick);
    const touched = [...buffer.subarray(0, MARGIN), ...buffer.subarray(offset + frame.length)].some(
      (byte) => byte !== this.noise,
    );
    if (touched) throw new Error(`wrote outside of the frame and its headroom: ${toHex(frame)}`);
    return {
      verdict,
      reason,
      outputs: this.outputs,
      drops: this.dropCount() - drops,
      counted: this.trafficSum() - traffic,
    };
  }

  toPort(port: number, bytes: Uint8Array, offset: number, length: number): void {
    this.emit(`port ${port}`, bytes, offset, length);
  }

  toUnderlay(adjacency: number, bytes: Uint8Array, offset: number, length: number): void {
    this.emit(`underlay ${adjacency}`, bytes, offset, length);
  }

  toKernel(vtep: number, bytes: Uint8Array, offset: number, length: number): void {
    this.emit(`kernel ${vtep}`, bytes, offset, length);
  }

  private emit(where: string, bytes: Uint8Array, offset: number, length: number): void {
    this.outputs.push(`${where} ${toHex(bytes.subarray(offset, offset + length))}`);
  }

  private dropCount(): number {
    return this.built.tables.counters.drops().reduce((sum, { packets }) => sum + packets, 0);
  }

  private trafficSum(): number {
    const { ports, vteps, bridgeDomains } = this.built.tables.counters;
    const head = (values: Float64Array) => values.subarray(0, 64).reduce((sum, value) => sum + value, 0);
    return head(ports.values) + head(vteps.values) + head(bridgeDomains.values);
  }
}

/** Every frame ends in exactly one way; undefined where it did. */
export function accountingFault({ verdict, outputs, drops, counted }: Result): string | undefined {
  if (verdict === Verdict.PASS)
    return outputs.length + drops + counted === 0 ? undefined : "passed, yet counted or sent";
  // The gateway may have one thing to say about what it does not pass on.
  if (verdict === Verdict.DROP)
    return outputs.length <= 1 && drops === 1 ? undefined : `dropped, yet ${outputs.length} sent and ${drops} drops`;
  if (verdict === Verdict.CONSUME)
    return outputs.length <= 1 && drops === 0 ? undefined : `taken, yet ${outputs.length} sent and ${drops} drops`;
  if (verdict === Verdict.HOLD)
    return outputs.length + drops === 0 ? undefined : `held, yet ${outputs.length} sent and ${drops} drops`;
  if (verdict === Verdict.FORWARD)
    return outputs.length === 1 && drops === 0 ? undefined : `forwarded ${outputs.length} times with ${drops} drops`;
  return outputs.length > 0 ? undefined : "replicated to nobody";
}
