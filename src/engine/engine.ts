// The three verbs in one call, for data paths in which the engine carries the frame: decide, apply what
// was learned, execute. One frame record and one decision serve every frame.

import { Drop } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { Decision, Effect, type Frame, Reply, Verdict } from "./decision.js";
import { account, applyEffects } from "./effects.js";
import { execute, HEADROOM_BYTES, type Transmit } from "./execute.js";
import { processFrame, processOriginated, processReply } from "./pipeline.js";
import { buildReply } from "./reply.js";

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
  /** Effect.LEARN_BINDING was applied. */
  onBinding(decision: Decision): void;
  /**
   * Verdict.HOLD: `length` bytes at `offset` wait for the MAC of bindingWord0..3 in `bd`. Copy them to keep them, and
   * hand them to `resume` once it is known, or to `giveUp`. False where there is no room: the frame is dropped.
   * All three entries of the engine's own may be called from within these calls.
   */
  onHold(decision: Decision, bytes: Uint8Array, offset: number, length: number): boolean;
}

const NOBODY = new Uint8Array(0);
/** The largest IP packet, in a tunnel packet of its own. */
const MAX_FRAME_BYTES = 65535 + 128;

export class Engine {
  private readonly frame: Frame = { bytes: NOBODY, view: new DataView(NOBODY.buffer), offset: 0, length: 0, slot: 0 };
  private readonly decision = new Decision();
  /** The gateway's own frames, beside the frame that they answer. */
  private readonly replyFrame = ownFrame();
  private readonly replyDecision = new Decision();
  /** Held frames, beside the one that told the MAC they waited for. */
  private readonly heldFrame = ownFrame();
  private readonly heldDecision = new Decision();

  /** `ownTransmit` sends what lies in the engine's own buffers, which the next frame overwrites: it copies. */
  constructor(
    private readonly tables: Tables,
    private readonly transmit: Transmit,
    private readonly listener?: EngineListener,
    private readonly ownTransmit: Transmit = transmit,
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
    if (decision.verdict === Verdict.HOLD) this.hold(decision, bytes, offset, length);
    else if (decision.reply !== Reply.NONE) this.reply(frame.view, decision, tick);
    if (this.listener !== undefined) this.tell(this.listener, decision);
    return decision;
  }

  /** Sends a frame of the gateway's own into a domain, wherever its destination MAC is. */
  originate(frame: Uint8Array, bd: number, tick: number): void {
    const { replyFrame, replyDecision, tables } = this;
    replyFrame.bytes.set(frame, HEADROOM_BYTES);
    replyFrame.length = frame.length;
    replyFrame.slot = 0;
    processOriginated(tables, replyFrame, bd, tick, replyDecision);
    execute(tables, replyFrame, replyDecision, this.ownTransmit);
  }

  /** A held frame again, after its neighbour has answered. Its arrival was counted before. */
  resume(frame: Uint8Array, slot: number, tick: number): void {
    const { heldDecision: decision } = this;
    this.decideHeld(frame, slot, tick);
    if (decision.verdict === Verdict.DROP || decision.verdict === Verdict.HOLD) this.giveUpOn(decision, tick);
    else execute(this.tables, this.heldFrame, decision, this.ownTransmit);
  }

  /**
   * The neighbour of a held frame does not answer: the sender hears so (RFC 4861 §7.2.2, RFC 1812 §5.2.7.1). Where the
   * way is open after all, the frame goes it.
   */
  giveUp(frame: Uint8Array, slot: number, tick: number): void {
    this.resume(frame, slot, tick);
  }

  private decideHeld(frame: Uint8Array, slot: number, tick: number): void {
    const { heldFrame, heldDecision, tables } = this;
    heldFrame.bytes.set(frame, HEADROOM_BYTES);
    heldFrame.length = frame.length;
    heldFrame.slot = slot;
    processFrame(tables, heldFrame, tick, heldDecision);
  }

  private giveUpOn(decision: Decision, tick: number): void {
    if (decision.verdict === Verdict.HOLD) decision.dropAndTell(Drop.NO_NEIGHBOR, Reply.HOST_UNREACHABLE);
    this.tables.counters.drop(decision.reason, decision.slot, decision.ingressBd);
    if (decision.reply !== Reply.NONE) this.reply(this.heldFrame.view, decision, tick);
  }

  private hold(decision: Decision, bytes: Uint8Array, offset: number, length: number): void {
    if (this.listener?.onHold(decision, bytes, offset, length) === true) return;
    decision.drop(Drop.GLEAN_QUEUE_FULL);
    this.tables.counters.drop(decision.reason, decision.slot, decision.ingressBd);
  }

  private reply(view: DataView, decision: Decision, tick: number): void {
    const { replyFrame, replyDecision, tables } = this;
    const { icmpErrors } = tables;
    const limited = decision.reply >= Reply.TIME_EXCEEDED;
    if (limited && !icmpErrors.has(decision.slot, tick)) return;
    replyFrame.length = buildReply(tables, view, decision, replyFrame.view, HEADROOM_BYTES);
    // What nobody may be told costs no token, or it would silence what others need to hear.
    if (replyFrame.length === 0 || (limited && !icmpErrors.take(decision.slot, tick))) return;
    replyFrame.slot = decision.slot;
    processReply(tables, replyFrame, decision, tick, replyDecision);
    execute(tables, replyFrame, replyDecision, this.ownTransmit);
  }

  /** Once for each receive pool, not for each frame. */
  private enterBuffer(bytes: Uint8Array): void {
    this.frame.bytes = bytes;
    this.frame.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private tell(listener: EngineListener, decision: Decision): void {
    if ((decision.effects & Effect.LEARN_BINDING) !== 0) listener.onBinding(decision);
    if ((decision.effects & Effect.DISCOVER_VTEP) !== 0) listener.onDiscovery(decision);
    if (decision.verdict === Verdict.DROP && SECURITY_REASONS.has(decision.reason)) listener.onRefusal(decision);
  }
}

function ownFrame(): Frame {
  const bytes = new Uint8Array(HEADROOM_BYTES + MAX_FRAME_BYTES);
  return { bytes, view: new DataView(bytes.buffer), offset: HEADROOM_BYTES, length: 0, slot: 0 };
}
