// Applies what a decision teaches the tables, and counts it. Apart from deciding, so that `explain`
// and tests can ask without changing anything.

import { Drop, FdbKind, HostKind } from "../abi/generated.js";
import { NeighborFlag } from "../tables/neighbor.js";
import type { Tables } from "../tables/tables.js";
import { isLinkLocal } from "../wire/ip.js";
import { type Decision, Effect, Verdict } from "./decision.js";

export function applyEffects(tables: Tables, decision: Decision, tick: number): void {
  const { effects, ingressBd: bd, askerHi, askerLo } = decision;
  if (effects === 0) return;
  if ((effects & Effect.REFRESH) !== 0) tables.fdb.touchAt(tables.fdb.find(bd, askerHi, askerLo), tick);
  else if ((effects & Effect.LEARN_LOCAL) !== 0) learnLocal(tables, decision, tick);
  else if ((effects & Effect.LEARN_REMOTE) !== 0)
    tables.fdb.set(bd, askerHi, askerLo, FdbKind.REMOTE, decision.vtep, 0, tick);
  if ((effects & Effect.LEARN_BINDING) !== 0) learnBinding(tables, decision, tick);
  if ((effects & Effect.STORM_TOKEN) !== 0) tables.ports.takeStormToken(decision.port, decision.stormClass, tick);
}

/** A full table refuses the learning, not the frame: known hosts keep working. */
function learnLocal(tables: Tables, decision: Decision, tick: number): void {
  const flags = tables.ports.learnFlags[decision.port]!;
  tables.fdb.set(decision.ingressBd, decision.askerHi, decision.askerLo, FdbKind.LOCAL, decision.port, flags, tick);
}

/**
 * A host said that an address is at its MAC. In a routed domain packets for it now go there; an address outside the
 * domain's subnets is kept for ARP and ND only, or any host could draw any traffic. So are link-local ones, which mean
 * something else in each domain of a VRF.
 */
function learnBinding(tables: Tables, decision: Decision, tick: number): void {
  const { neighbors } = tables;
  const { ingressBd: bd, askerHi, askerLo } = decision;
  const { bindingWord0: w0, bindingWord1: w1, bindingWord2: w2, bindingWord3: w3 } = decision;
  const known = neighbors.find(bd, w0, w1, w2, w3);
  const flags = known === 0 ? NeighborFlag.NONE : neighbors.flagsAt(known);
  const same = known !== 0 && neighbors.loAt(known) === askerLo && neighbors.hiAt(known) === askerHi;
  if ((flags & (NeighborFlag.STATIC | NeighborFlag.FROZEN)) !== 0) {
    if (same) neighbors.confirm(known, tick);
    return;
  }
  if (same && flags === decision.bindingFlags) {
    neighbors.confirm(known, tick);
    return;
  }
  const address = addressOf(w0, w1, w2, w3);
  if (neighbors.set(bd, address, askerHi, askerLo, decision.bindingFlags, tick) === 0) return;
  if (isRoutedHost(tables, decision)) {
    tables.hosts.setNeighbor(tables.bridgeDomains.vrf[bd]!, address, bd, askerHi, askerLo);
  }
}

/** The gateways' own addresses are not for hosts to take, whatever domain of the VRF they speak in; nor is a host route. */
function isRoutedHost({ bridgeDomains, hosts }: Tables, decision: Decision): boolean {
  const { ingressBd: bd, bindingWord0: w0, bindingWord1: w1, bindingWord2: w2, bindingWord3: w3 } = decision;
  const vrf = bridgeDomains.vrf[bd]!;
  if (vrf === 0 || isLinkLocal(w0) || !bridgeDomains.isInSubnet(bd, w0, w1, w2, w3)) return false;
  const host = hosts.find(vrf, w0, w1, w2, w3);
  return host === 0 || hosts.kindAt(host) === HostKind.NEIGHBOR;
}

function addressOf(w0: number, w1: number, w2: number, w3: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  [w0, w1, w2, w3].forEach((word, index) => {
    view.setInt32(index * 4, word);
  });
  return new Uint8Array(view.buffer);
}

/** Counts the frame's arrival, and its drop or the loss of copies. Departures are counted by execute. */
export function account(tables: Tables, decision: Decision): void {
  if (decision.verdict === Verdict.PASS) return;
  const { counters } = tables;
  const { slot, ingressBd: bd } = decision;
  if (decision.port !== 0) counters.ports.receive(decision.port, decision.innerLength);
  if (decision.vtep !== 0) {
    counters.vteps.receive(decision.vtep, decision.innerLength);
    if (bd !== 0) counters.bridgeDomains.receive(bd, decision.innerLength);
  }
  if (decision.verdict === Verdict.DROP) counters.drop(decision.reason, slot, bd);
  // Only flooding loses copies and goes on.
  if (decision.verdict === Verdict.REPLICATE) countLostCopies(tables, decision);
}

function countLostCopies(tables: Tables, decision: Decision): void {
  countCopies(tables, decision, decision.tooBigCopies, Drop.MTU_EXCEEDED);
  countCopies(tables, decision, decision.unreachableCopies, Drop.UNDERLAY_UNRESOLVED);
  countCopies(tables, decision, decision.reflectedCopies, Drop.SPLIT_HORIZON);
  countCopies(tables, decision, decision.undesignatedCopies, Drop.NOT_DESIGNATED_FORWARDER);
}

function countCopies({ counters }: Tables, { slot, ingressBd }: Decision, copies: number, reason: number): void {
  for (let copy = 0; copy < copies; copy++) counters.drop(reason, slot, ingressBd);
}
