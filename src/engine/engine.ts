// The three verbs in one call, for data paths in which the engine carries the frame: decide, apply what
// was learned, execute. One frame record and one decision serve every frame.

import { Drop } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { Decision, Effect, type Frame, Verdict } from "./decision.js";
import { account, applyEffects } from "./effects.js";
import { execute, type Transmit } from "./execute.js";
import { processFrame } from "./pipeline.js";

/** Refusals that an operator may have to hear of. */
const SECURITY_REASONS: ReadonlySet<number> = new Set([
  Drop.MAC_LIMIT,
  Drop.SOURCE_ACL,
  Drop.STICKY_VIOLATION,
  Drop.MAC_MOVE_DENIED,
]);

/** Whom the engine tells of what the tables alone cannot hold. Called per frame: the receiver limits its own rate. */
export interface EngineListener {
  /** Security refused the frame. */
  onRefusal(decision: Decision): void;
  /** Effect.DISCOVER_VTEP: `sender0..3` is the address. */
  onDiscovery(decision: Decision): void;
}

const NOBODY = new Uint8Array(0);

export class Engine {
  private readonly frame: Frame = { bytes: NOBODY, view: new DataView(NOBODY.buffer), offset: 0, length: 0, slot: 0 };
  private readonly decision = new Decision();
  constructor(
    private readonly tables: Tables,
    private readonly transmit: Transmit,
    private readonly listener?: EngineListener,
  ) {}

  /** Handles one frame from interface `slot`. The result is overwritten by the next call. */
  handle(bytes: Uint8Array, offset: number, length: number, slot: number, tick: number): Decision {
    const { frame, decision, tables } = this;
    if (frame.bytes !== bytes) this.enterBuffer(bytes);
    frame.offset = offset;
    frame.length = length;
    frame.slot = slot;
    processFrame(tables, frame, tick, decision);
    applyEffects(tables, decision, tick);
    account(tables, decision);
    execute(tables, frame, decision, this.transmit);
    this.tell(decision);
    return decision;
  }

  /** Once for each receive pool, not for each frame. */
  private enterBuffer(bytes: Uint8Array): void {
    this.frame.bytes = bytes;
    this.frame.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private tell(decision: Decision): void {
    if (this.listener === undefined) return;
    if ((decision.effects & Effect.DISCOVER_VTEP) !== 0) this.listener.onDiscovery(decision);
    if (decision.verdict === Verdict.DROP && SECURITY_REASONS.has(decision.reason)) this.listener.onRefusal(decision);
  }
}
