// Applies what a decision teaches the tables, and counts it. Apart from deciding, so that `explain`
// and tests can ask without changing anything.

import { Drop, FdbKind } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { type Decision, Effect, Verdict } from "./decision.js";

export function applyEffects(tables: Tables, decision: Decision, tick: number): void {
  const { effects, bd, sourceHi, sourceLo } = decision;
  if (effects === 0) return;
  if ((effects & Effect.REFRESH) !== 0) tables.fdb.touchAt(tables.fdb.find(bd, sourceHi, sourceLo), tick);
  else if ((effects & Effect.LEARN_LOCAL) !== 0) learnLocal(tables, decision, tick);
  else if ((effects & Effect.LEARN_REMOTE) !== 0)
    tables.fdb.set(bd, sourceHi, sourceLo, FdbKind.REMOTE, decision.vtep, 0, tick);
  if ((effects & Effect.STORM_TOKEN) !== 0) tables.ports.takeStormToken(decision.port, decision.stormClass, tick);
}

/** A full table refuses the learning, not the frame: known hosts keep working. */
function learnLocal(tables: Tables, decision: Decision, tick: number): void {
  const flags = tables.ports.learnFlags[decision.port]!;
  tables.fdb.set(decision.bd, decision.sourceHi, decision.sourceLo, FdbKind.LOCAL, decision.port, flags, tick);
}

/** Counts the frame's arrival, and its drop or the loss of copies. Departures are counted by execute. */
export function account(tables: Tables, decision: Decision): void {
  if (decision.verdict === Verdict.PASS) return;
  const { counters } = tables;
  const { slot, bd } = decision;
  if (decision.port !== 0) counters.ports.receive(decision.port, decision.innerLength);
  if (decision.vtep !== 0) {
    counters.vteps.receive(decision.vtep, decision.innerLength);
    if (bd !== 0) counters.bridgeDomains.receive(bd, decision.innerLength);
  }
  if (decision.verdict === Verdict.DROP) counters.drop(decision.reason, slot, bd);
  for (let copy = 0; copy < decision.tooBigCopies; copy++) counters.drop(Drop.MTU_EXCEEDED, slot, bd);
  for (let copy = 0; copy < decision.unreachableCopies; copy++) counters.drop(Drop.UNDERLAY_UNRESOLVED, slot, bd);
}
